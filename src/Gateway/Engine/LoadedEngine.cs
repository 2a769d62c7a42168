using Gateway.Llama;

namespace Gateway.Engine;

/// <summary>An engine with what the service needs beside it.</summary>
internal sealed record LoadedEngine(LlamaEngine Engine, ChatTemplate Template)
{
    public static LoadedEngine Create(LlamaEngine engine, string modelPath) => new(engine, ChatTemplate.Of(engine.Info, modelPath));
}
