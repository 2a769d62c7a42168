using System.Text.Json;

namespace Gateway.Llama.Chat;

/// <summary>What a prompt is made from.</summary>
/// <param name="Messages">The messages, in order.</param>
public sealed record Conversation(IReadOnlyList<ChatMessage> Messages)
{
    /// <summary>Tools that are described to the model.</summary>
    public IReadOnlyList<ChatTool> Tools { get; init; } = [];

    /// <summary>More variables for the template, such as <c>enable_thinking</c>: an object, or nothing.</summary>
    public IReadOnlyDictionary<string, JsonElement> Variables { get; init; } = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
}
