namespace Gateway.Llama.Gguf.Checks;

/// <summary>Whether the file is a model that is served at all.</summary>
internal static class ArchitectureCheck
{
    private const string Key = "general.architecture";

    /// <returns>Whether the other checks of a model make sense.</returns>
    public static bool Run(ModelMetadata model, GgufProblems problems)
    {
        if (string.Equals(model.File.Text("general.type"), "adapter", StringComparison.Ordinal))
        {
            problems.AddKey("general.type", "\"adapter\"; the file is an adapter, which belongs over a model");
            return false;
        }

        if (model.File.Metadata.GetValueOrDefault(Key) is not { } value)
        {
            problems.AddKey(Key, "it is missing");
        }
        else if (value.Text is not { } text)
        {
            problems.AddKey(Key, $"it is {value.TypeName}; it must be a string");
        }
        else if (Architectures.NotServed.GetValueOrDefault(text) is { } kind)
        {
            problems.AddKey(Key, $"\"{text}\"; the file is {kind}");
        }
        else if (!Architectures.Known.Contains(text))
        {
            problems.AddKey(Key, $"\"{GgufText.Show(text)}\"; libllama v0.5.0 knows no such architecture");
        }
        else
        {
            Splits(model, problems);
            return true;
        }

        return false;
    }

    // Of a model in several files libllama opens the others by itself, unseen.
    private static void Splits(ModelMetadata model, GgufProblems problems)
    {
        const string Count = "split.count";
        if (model.File.Metadata.GetValueOrDefault(Count) is not { } value)
        {
            return;
        }

        if (value.Type != GgufValueType.U16)
        {
            problems.AddKey(Count, $"it is {value.TypeName}; it must be u16");
        }
        else if (value.Number > 1)
        {
            problems.AddKey(Count, $"{ModelMetadata.Show(value.Number.Value)}; a model in several files must be merged into one (llama-gguf-split --merge)");
        }
    }
}
