namespace Gateway.Llama;

/// <summary>What a model is for. It does one of these, and refuses the others.</summary>
public enum ModelTask
{
    /// <summary>Nothing that this engine can ask of it (T5, diffusion); it only tokenises.</summary>
    None,

    /// <summary>Continues texts: <see cref="LlamaEngine.TrySubmit(GenerationRequest, CancellationToken, out Generation?)"/>.</summary>
    Generate,

    /// <summary>Turns a text into a vector whose direction stands for its meaning.</summary>
    Embed,

    /// <summary>Scores how well a document answers a query.</summary>
    Rerank,
}
