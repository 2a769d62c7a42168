using LLama.Native;

namespace Gateway.Llama.Loading;

/// <summary>A draft model in memory, with a context of its own.</summary>
/// <param name="path">Its file.</param>
/// <param name="target">The model that it guesses for.</param>
/// <param name="model">The model.</param>
/// <param name="context">Its context, with the abort switch of the target's: what ends a decode of the one ends one of the other.</param>
internal sealed class LoadedDraft(string path, SafeLlamaModelHandle target, SafeLlamaModelHandle model, SafeLLamaContextHandle context) : IDisposable
{
    public string Path => path;

    public SafeLLamaContextHandle Context => context;

    /// <summary>Tokens that it was trained to look at.</summary>
    public int ContextLength { get; } = model.ContextSize;

    public int VocabularySize { get; } = model.Vocab.Count;

    public int TargetVocabularySize { get; } = target.Vocab.Count;

    /// <summary>Its size beside the target's: what it costs, about, before that is measured.</summary>
    public double Share { get; } = (double)model.SizeInBytes / Math.Max(1, target.SizeInBytes);

    public bool EndsGeneration(int token) => ((LLamaToken)token).IsEndOfGeneration(model.Vocab);

    /// <summary>Frees the context, then the model.</summary>
    public void Dispose()
    {
        context.Dispose();
        model.Dispose();
    }
}
