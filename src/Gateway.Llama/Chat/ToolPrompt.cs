using System.Text;

namespace Gateway.Llama.Chat;

/// <summary>
/// Tools for models whose template does not know them: described in the system message and answered by the user, in the words that Qwen's
/// and Nous Research's models made common.
/// </summary>
internal static class ToolPrompt
{
    private const string ResultStart = "<tool_response>\n";
    private const string ResultEnd = "\n</tool_response>";

    /// <summary>The conversation with its tools described in a system message.</summary>
    public static IReadOnlyList<ChatMessage> Describe(IReadOnlyList<ChatTool> tools, IReadOnlyList<ChatMessage> messages, ToolCallShape shape)
    {
        var text = new StringBuilder();
        var hasSystem = messages is [{ Role: "system" }, ..];
        if (hasSystem)
        {
            text.Append(messages[0].Content).Append("\n\n");
        }

        text.Append("# Tools\n\nYou may call one or more functions to assist with the user query.\n\n")
            .Append("You are provided with function signatures within <tools></tools> XML tags:\n<tools>");
        foreach (var tool in tools)
        {
            text.Append('\n').Append(tool.ToText());
        }

        text.Append("\n</tools>\n\nTo call a function, answer with its name and its arguments in this form:\n").Append(shape.Example());
        var system = new ChatMessage("system", text.ToString());
        return [system, .. hasSystem ? messages.Skip(1) : messages];
    }

    /// <summary>What a tool returned, as a user's text.</summary>
    public static string WriteResult(ChatMessage message) => ResultStart + message.Content + ResultEnd;

    public static bool IsResult(ChatMessage message) =>
        message.Content is { } text && text.StartsWith(ResultStart, StringComparison.Ordinal) && text.EndsWith(ResultEnd, StringComparison.Ordinal);
}
