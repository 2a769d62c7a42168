using LLama.Native;

namespace Gateway.Llama.Loading;

/// <summary>What a loaded file says about its model, and the context that options ask of it.</summary>
internal static class ModelInfoReader
{
    /// <exception cref="LlamaLoadException">The options ask for a longer context than the model was trained for.</exception>
    public static LlamaModelInfo Read(SafeLlamaModelHandle model, LlamaEngineOptions options)
    {
        var architecture = model.MetadataValue("general.architecture") ?? "unknown";

        // libllama calls BERT a decoder and decides only when a context is made; the file says that its attention goes both ways.
        var bidirectional = string.Equals(model.MetadataValue(architecture + ".attention.causal"), "false", StringComparison.Ordinal);
        var hasEncoder = model.HasEncoder || bidirectional;
        return new LlamaModelInfo
        {
            Architecture = architecture,
            Name = model.MetadataValue("general.name"),
            ParameterCount = (long)model.ParameterCount,
            SizeInBytes = (long)model.SizeInBytes,
            TrainedContextLength = model.ContextSize,
            ContextLength = ContextLength(model, options),
            VocabularySize = model.Vocab.Count,
            EmbeddingSize = model.EmbeddingSize,
            HasEncoder = hasEncoder,
            HasDecoder = !hasEncoder && !model.IsDiffusion,
            ChatTemplate = model.GetTemplate(strict: false),
            BosText = model.Vocab.LLamaTokenToString(model.Vocab.BOS, isSpecialToken: true) ?? "",
            EosText = model.Vocab.LLamaTokenToString(model.Vocab.EOS, isSpecialToken: true) ?? "",
        };
    }

    private static int ContextLength(SafeLlamaModelHandle model, LlamaEngineOptions options)
    {
        var trained = model.ContextSize;
        if (options.ContextLength is not { } wanted)
        {
            return Math.Min(Math.Min(trained, LlamaEngineOptions.DefaultContextLength), options.CacheCells ?? int.MaxValue);
        }

        // A recurrent model has no positions that it was not trained for.
        return wanted <= trained || model.IsRecurrent
            ? wanted
            : throw new LlamaLoadException(
                options.ModelPath,
                $"a context of {wanted} tokens is asked for and the model was trained for {trained}",
                $"Ask for {trained} or less");
    }
}
