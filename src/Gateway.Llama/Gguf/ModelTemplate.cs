using Gateway.Llama.Gguf.Checks;

namespace Gateway.Llama.Gguf;

/// <summary>The chat template of a file, with the texts that templates are given from its vocabulary.</summary>
/// <param name="Source">Jinja source.</param>
/// <param name="BosText">Text of the token that begins a text, empty when there is none, null when no vocabulary is known.</param>
/// <param name="EosText">Text of the token that ends a text, likewise.</param>
public sealed record ModelTemplate(string Source, string? BosText, string? EosText)
{
    /// <summary>Reads it; null and the reason when the file holds none that can be used.</summary>
    /// <param name="file">The file; the rest of it may be broken.</param>
    /// <param name="error">Why there is none.</param>
    public static ModelTemplate? Read(GgufFile file, out GgufProblem? error)
    {
        ArgumentNullException.ThrowIfNull(file);
        error = null;
        if (file.Metadata.GetValueOrDefault(TemplateCheck.Key) is not { } value)
        {
            error = file.Problems.Count > 0 ? file.Problems[0] : new GgufProblem(GgufProblems.KeyField(TemplateCheck.Key), "the file has no chat template");
            return null;
        }

        if (!value.IsUtf8)
        {
            error = new GgufProblem(
                GgufProblems.KeyField(TemplateCheck.Key), value.Bytes is null ? $"it is {value.TypeName}; it must be a string" : "it is not UTF-8");
            return null;
        }

        var tokenizer = new TokenizerInfo(file);
        var texts = tokenizer.TextsOf(tokenizer.Bos, tokenizer.Eos);
        return new ModelTemplate(value.Text!, texts[0], texts[1]);
    }
}
