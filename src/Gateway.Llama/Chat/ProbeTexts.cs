using System.Text.Json;

namespace Gateway.Llama.Chat;

/// <summary>
/// The words of the small conversations that templates are probed with: letters only, so that nothing changes them on their way, and unlike
/// any that a template would write itself.
/// </summary>
internal static class ProbeTexts
{
    public const string User = "ProbeQuestion";
    public const string SecondUser = "ProbeFollowup";
    public const string SystemText = "ProbeSystem";
    public const string SecondSystem = "ProbeRule";
    public const string Content = "ProbeContent";
    public const string Reasoning = "ProbeReason";
    public const string Result = "ProbeResult";
    public const string SecondResult = "ProbeOutcome";

    public const string Tool = "probe_lookup";
    public const string SecondTool = "probe_search";
    public const string Key = "probe_city";
    public const string SecondKey = "probe_unit";
    public const string Value = "ProbeLima";
    public const string SecondValue = "ProbeMetre";
    public const string OtherValue = "ProbeQuito";

    // Nine letters and digits: what the strictest templates want.
    public const string Id = "callA0001";
    public const string SecondId = "callA0002";
    public const string LongId = "call_AbCdEfGhIjKlMnOpQrStUvWx";

    public static readonly IReadOnlyList<ChatTool> Tools = [CreateTool(Tool), CreateTool(SecondTool)];

    public static ChatToolCall Call { get; } = new(Id, Tool, $$"""{"{{Key}}": "{{Value}}", "{{SecondKey}}": "{{SecondValue}}"}""");

    public static ChatToolCall SecondCall { get; } = new(SecondId, SecondTool, $$"""{"{{Key}}": "{{OtherValue}}", "{{SecondKey}}": "{{SecondValue}}"}""");

    public static ChatMessage Question { get; } = new("user", User);

    public static ChatMessage Says(string? content, params IReadOnlyList<ChatToolCall> calls) => new("assistant", content) { ToolCalls = calls };

    public static ChatMessage Answers(ChatToolCall call, string result) => new("tool", result) { Name = call.Name, ToolCallId = call.Id };

    private static ChatTool CreateTool(string name)
    {
        using var definition = JsonDocument.Parse(
            $$$$"""
            {"type": "function", "function": {"name": "{{{{name}}}}", "description": "Looks things up.", "parameters": {"type": "object",
             "properties": {"{{{{Key}}}}": {"type": "string", "description": "A city"}, "{{{{SecondKey}}}}": {"type": "string"}}, "required": ["{{{{Key}}}}"]}}}
            """);
        var root = definition.RootElement.Clone();
        return new ChatTool(name, root, root.GetProperty("function"u8).GetProperty("parameters"u8), Strict: false, "");
    }
}
