using Gateway.Llama.Gguf;
using Gateway.Llama.Loading;
using LLama.Native;

namespace Gateway.Llama.Scheduling;

/// <summary>What part of a sequence another one may begin with, by the kind of memory that a model has.</summary>
internal enum PrefixMemory
{
    /// <summary>Nothing: the memory is of a kind that is not known well enough.</summary>
    None,

    /// <summary>Any beginning: every token has a cell of its own in every layer.</summary>
    Any,

    /// <summary>A beginning whose last tokens, as many as the sliding window has, are all still there.</summary>
    Window,

    /// <summary>Only what was there at a moment when the state was kept: recurrent layers cannot go back.</summary>
    Checkpoints,
}

internal static class PrefixMemories
{
    private static PrefixMemory Of(string architecture, bool hasStates, int slidingWindow) =>
        Architectures.UnsharedMemory.Contains(architecture) ? PrefixMemory.None
        : hasStates ? PrefixMemory.Checkpoints
        : slidingWindow > 0 ? PrefixMemory.Window
        : PrefixMemory.Any;

    /// <summary>Of a model that is loaded.</summary>
    public static PrefixMemory Of(SafeLlamaModelHandle model) => Of(model.Architecture(), model.IsRecurrent || model.IsHybrid, model.SlidingWindow);

    /// <summary>As far as the file tells.</summary>
    public static PrefixMemory Of(ModelMetadata model) => Of(
        model.Architecture,
        Architectures.Recurrent.Contains(model.Architecture) || Architectures.Hybrid.Contains(model.Architecture),
        (int)Math.Min(model.UInt32("attention.sliding_window") ?? 0, int.MaxValue));
}
