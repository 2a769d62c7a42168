namespace Gateway.Llama;

/// <summary>A model's or an adapter's file could not be loaded. The message says which, what is wrong with it, and what to do.</summary>
public sealed class LlamaLoadException : Exception
{
    /// <summary>Makes one from its three parts.</summary>
    /// <param name="modelPath">The file.</param>
    /// <param name="problem">What is wrong, a clause without full stop.</param>
    /// <param name="remedy">What to do, a sentence without full stop.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public LlamaLoadException(string modelPath, string problem, string remedy, Exception? innerException = null)
        : this("Model", modelPath, problem, remedy, innerException)
    {
    }

    private LlamaLoadException(string what, string modelPath, string problem, string remedy, Exception? innerException)
        : base($"{what} file '{modelPath}' cannot be loaded: {problem}. {remedy}.", innerException)
    {
        ModelPath = modelPath;
        Problem = problem;
        Remedy = remedy;
    }

    /// <summary>The same for the file of a LoRA adapter.</summary>
    public static LlamaLoadException ForAdapter(string path, string problem, string remedy, Exception? innerException = null) =>
        new("Adapter", path, problem, remedy, innerException) { IsAdapter = true };

    /// <summary>Whether the file is an adapter's.</summary>
    public bool IsAdapter { get; private init; }

    /// <summary>The file.</summary>
    public string ModelPath { get; }

    /// <summary>What is wrong.</summary>
    public string Problem { get; }

    /// <summary>What to do.</summary>
    public string Remedy { get; }
}
