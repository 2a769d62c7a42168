namespace Gateway.Llama.Chat;

/// <summary>A message of a conversation, as OpenAI's API has them.</summary>
/// <param name="Role"><c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>.</param>
/// <param name="Content">Its text; null beside tool calls.</param>
public sealed record ChatMessage(string Role, string? Content)
{
    /// <summary>Name of the participant; of a tool's result, the tool's.</summary>
    public string? Name { get; init; }

    /// <summary>What an assistant thought before it answered.</summary>
    public string? Reasoning { get; init; }

    /// <summary>Tools that an assistant called.</summary>
    public IReadOnlyList<ChatToolCall> ToolCalls { get; init; } = [];

    /// <summary>The call that a tool's result answers.</summary>
    public string? ToolCallId { get; init; }
}

/// <summary>A tool's call by an assistant.</summary>
/// <param name="Id">What the result refers to.</param>
/// <param name="Name">The tool.</param>
/// <param name="Arguments">A JSON object, as text.</param>
public sealed record ChatToolCall(string Id, string Name, string Arguments);
