using System.Text.Json;
using Gateway.Llama.Templates;

namespace Gateway.Llama.Gguf.Checks;

/// <summary>Whether the chat template is one, and renders a plain conversation within limits.</summary>
internal static class TemplateCheck
{
    public const string Key = "tokenizer.chat_template";

    // A template that needs more for one short message is broken or hostile; published ones need a few thousand steps.
    private static readonly TemplateOptions Options = TemplateOptions.Default with
    {
        Limits = new TemplateLimits { MaxSteps = 1_000_000, MaxLength = 1 << 20, MaxAllocated = 8 << 20 },
    };

    // Some take only one of these.
    private static readonly string[] Conversations =
    [
        """[{"role":"user","content":"Hello"}]""",
        """[{"role":"system","content":"Be brief."},{"role":"user","content":"Hello"}]""",
        """[{"role":"user","content":[{"type":"text","text":"Hello"}]}]""",
    ];

    public static void Run(GgufFile file, GgufProblems problems)
    {
        if (file.Metadata.GetValueOrDefault(Key) is { } value && FindError(value) is { } error)
        {
            problems.AddKey(Key, error);
        }
    }

    /// <summary>What is wrong with a template, null when nothing is.</summary>
    public static string? FindError(GgufValue value)
    {
        if (value.Bytes is null)
        {
            return $"it is {value.TypeName}; it must be a string";
        }

        if (!value.IsUtf8)
        {
            return "it is not UTF-8";
        }

        if (!JinjaTemplate.TryParse(value.Text!, out var template, out var error))
        {
            return $"the chat template is not valid: {Show(error)}";
        }

        TemplateError? first = null;
        foreach (var conversation in Conversations)
        {
            using var variables = JsonDocument.Parse(
                "{\"messages\":" + conversation + ",\"add_generation_prompt\":true,\"bos_token\":\"\",\"eos_token\":\"\"}");
            if (template.TryRender(variables.RootElement, Options, out _, out error) || error.Kind == TemplateErrorKind.Raised)
            {
                return null;
            }

            first ??= error;
        }

        return $"the chat template cannot render one message: {Show(first!)}";
    }

    private static string Show(TemplateError error) => GgufText.Show(error.ToString(), longest: 200);
}
