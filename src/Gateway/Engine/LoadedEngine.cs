using Gateway.Llama;

namespace Gateway.Engine;

/// <summary>An engine with what the service needs beside it.</summary>
internal sealed record LoadedEngine(LlamaEngine Engine, ChatTemplate Template)
{
    /// <summary>What the deployment's answers are made with, beside the model's own weights.</summary>
    public IReadOnlyList<AppliedAdapter> Adapters { get; init; } = [];

    public static LoadedEngine Create(LlamaEngine engine, string modelPath) => new(engine, ChatTemplate.Of(engine.Info, modelPath));
}
