using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Llama.Chat;
using Gateway.Llama.Tests.Templates;

namespace Gateway.Llama.Tests.Chat;

/// <summary>What the tests of conversations share.</summary>
internal static class ChatTesting
{
    public static readonly IReadOnlyList<ChatTool> Tools =
    [
        Tool("get_weather", """{"type": "object", "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}, "days": {"type": "integer"}}, "required": ["city"]}"""),
        Tool("add", """{"type": "object", "properties": {"terms": {"type": "array", "items": {"type": "number"}}, "options": {"type": "object", "properties": {"round": {"type": ["boolean", "null"]}}}}, "required": ["terms"]}"""),
        Tool("now", parameters: null),
    ];

    public static ChatTool Tool(string name, string? parameters, bool strict = false)
    {
        var rest = parameters is null ? "" : $", \"parameters\": {parameters}";
        var text = $$$"""{"type": "function", "function": {"name": "{{{name}}}", "description": "A tool."{{{rest}}} }}""";
        using var document = JsonDocument.Parse(text);
        var definition = document.RootElement.Clone();
        return new ChatTool(
            name, definition, parameters is null ? null : definition.GetProperty("function").GetProperty("parameters"), strict, "tools[0].function.parameters");
    }

    public static ChatTemplate Shared(string name)
    {
        using var data = JsonDocument.Parse(File.ReadAllText(SharedTemplates.CasesPath(name)));
        return Create(
            File.ReadAllText(SharedTemplates.TemplatePath(name)),
            data.RootElement.GetProperty("bos_token").GetString() ?? "",
            data.RootElement.GetProperty("eos_token").GetString() ?? "",
            new FixedTime(data.RootElement.GetProperty("now").GetString()!));
    }

    public static ChatTemplate Create(string? source, string bos = "<s>", string eos = "</s>", TimeProvider? time = null)
    {
        Assert.True(ChatTemplate.TryCreate(source, bos, eos, time ?? TimeProvider.System, out var template, out var error), error?.ToString());
        return template;
    }

    public static ChatPrompt Render(this ChatTemplate template, Conversation conversation)
    {
        Assert.True(template.TryRender(conversation, out var prompt, out var error), error?.ToString());
        return prompt;
    }

    /// <summary>The answer in a form to compare: thoughts, text and calls, those that belong together put together.</summary>
    public static string Read(AnswerParser parser, IEnumerable<string> pieces, bool wasCut = false)
    {
        var deltas = new List<AnswerDelta>();
        foreach (var piece in pieces)
        {
            parser.Append(piece, deltas);
        }

        parser.Finish(deltas, wasCut);
        var text = new StringBuilder();
        AnswerDelta? last = null;
        foreach (var delta in deltas)
        {
            Assert.NotEqual("", delta.Text);
            if (last?.Kind != delta.Kind || delta.Kind == AnswerDeltaKind.Call)
            {
                text.Append(delta.Kind switch
                {
                    AnswerDeltaKind.Content => "|text:",
                    AnswerDeltaKind.Reasoning => "|thought:",
                    AnswerDeltaKind.Call => string.Create(CultureInfo.InvariantCulture, $"|call {delta.Call}:"),
                    _ => "",
                });
            }

            text.Append(delta.Text);
            last = delta;
        }

        return text.ToString();
    }

    /// <summary>Reads an output in one piece, cut in two at every place, and character by character: all must give the same.</summary>
    public static string ReadHoweverCut(Func<AnswerParser> createParser, string output, bool wasCut = false)
    {
        var whole = Read(createParser(), [output], wasCut);
        for (var cut = 1; cut < output.Length; cut++)
        {
            Assert.Equal(whole, Read(createParser(), [output[..cut], output[cut..]], wasCut));
        }

        Assert.Equal(whole, Read(createParser(), output.Select(c => c.ToString()), wasCut));
        return whole;
    }
}
