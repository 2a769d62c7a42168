using LLama.Native;

namespace Gateway.Llama.Loading;

/// <summary>What a loaded file says about its model, and the context that options ask of it.</summary>
internal static class ModelInfoReader
{
    /// <exception cref="LlamaLoadException">The options ask for a longer context than the model was trained for.</exception>
    public static LlamaModelInfo Read(SafeLlamaModelHandle model, ModelPurpose purpose, LlamaEngineOptions options)
    {
        var architecture = model.Architecture();

        return new LlamaModelInfo
        {
            Architecture = architecture,
            Name = model.MetadataValue("general.name"),
            ParameterCount = (long)model.ParameterCount,
            SizeInBytes = (long)model.SizeInBytes,
            TrainedContextLength = model.ContextSize,
            ContextLength = ContextLength(model, purpose, options),
            VocabularySize = model.Vocab.Count,
            EmbeddingSize = purpose.Task == ModelTask.Embed ? model.EmbeddingOutputSize : model.EmbeddingSize,
            Task = purpose.Task,
            ChatTemplate = model.ChatTemplate(),
            BosText = model.Vocab.LLamaTokenToString(model.Vocab.BOS, isSpecialToken: true) ?? "",
            EosText = model.Vocab.LLamaTokenToString(model.Vocab.EOS, isSpecialToken: true) ?? "",
        };
    }

    private static int ContextLength(SafeLlamaModelHandle model, ModelPurpose purpose, LlamaEngineOptions options)
    {
        var trained = model.ContextSize;
        if (options.ContextLength is not { } wanted)
        {
            var usual = Math.Min(trained, LlamaEngineOptions.DefaultContextLength);
            return purpose.Task == ModelTask.Generate
                ? Math.Min(usual, options.CacheCells ?? int.MaxValue)
                : VectorContextFactory.DefaultContextLength(model.Vocab.Count, purpose.InPieces, usual);
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
