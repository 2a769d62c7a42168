namespace Gateway.Llama;

/// <summary>A model file could not be loaded. The message says which, what is wrong with it, and what to do.</summary>
public sealed class LlamaLoadException : Exception
{
    /// <summary>Makes one from its three parts.</summary>
    /// <param name="modelPath">The file.</param>
    /// <param name="problem">What is wrong, a clause without full stop.</param>
    /// <param name="remedy">What to do, a sentence without full stop.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public LlamaLoadException(string modelPath, string problem, string remedy, Exception? innerException = null)
        : base($"Model file '{modelPath}' cannot be loaded: {problem}. {remedy}.", innerException)
    {
        ModelPath = modelPath;
        Problem = problem;
        Remedy = remedy;
    }

    /// <summary>The file.</summary>
    public string ModelPath { get; }

    /// <summary>What is wrong.</summary>
    public string Problem { get; }

    /// <summary>What to do.</summary>
    public string Remedy { get; }
}
