using Gateway.Configuration;
using Gateway.Llama;

namespace Gateway.Engine;

/// <summary>A model in this process that answers for a deployment.</summary>
/// <param name="Engine">What computes it.</param>
/// <param name="DefaultMaxTokens">Tokens of an answer when the request does not say.</param>
/// <param name="Overlong">What becomes of a text to embed or to score that is longer than the model takes.</param>
internal sealed record LocalModel(EngineHandle Engine, int DefaultMaxTokens, OverlongInput Overlong)
{
    private readonly Lazy<ModelTask?> _taskOfFile = new(() => LlamaEngine.ReadTask(Engine.Hosted.Options.ModelPath));

    /// <summary>What the model is for, also before it is loaded; null when its file cannot be read.</summary>
    public ModelTask? Task => Engine.Loaded?.Engine.Info.Task ?? _taskOfFile.Value;
}
