using Gateway.Llama;

namespace Gateway.Engine;

/// <summary>A model of this gateway that answers for a deployment.</summary>
/// <param name="Engine">What computes it.</param>
/// <param name="Defaults">What holds where a request does not say.</param>
internal sealed record LocalModel(EngineHandle Engine, AnswerDefaults Defaults)
{
    private readonly Lazy<ModelTask?> _taskOfFile = new(() => LlamaEngine.ReadTask(Engine.Hosted.Options.ModelPath));

    /// <summary>What the model is for, also before it is loaded; null when its file cannot be read.</summary>
    public ModelTask? Task => Engine.Loaded?.Info.Task ?? _taskOfFile.Value;
}
