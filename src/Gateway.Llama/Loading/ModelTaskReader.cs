using System.Globalization;
using LLama.Native;

namespace Gateway.Llama.Loading;

/// <summary>What a model is for, and how it makes one vector out of a text.</summary>
/// <param name="Task">What can be asked of it.</param>
/// <param name="Pooling">How the vectors of tokens become one; None for a model that makes no vectors.</param>
/// <param name="InPieces">Whether the last token, which sees all before it, makes the vector: then a long text can be read in pieces.</param>
internal readonly record struct ModelPurpose(ModelTask Task, LLamaPoolingType Pooling, bool InPieces);

/// <summary>Finds the purpose of a model in its file.</summary>
internal static class ModelTaskReader
{
    /// <exception cref="LlamaLoadException">The file names a pooling that there is not; libllama would end the process.</exception>
    public static ModelPurpose Read(SafeLlamaModelHandle model, string modelPath)
    {
        if (model.HasEncoder || model.IsDiffusion)
        {
            return new(ModelTask.None, LLamaPoolingType.None, InPieces: false);
        }

        var causal = IsCausal(model);
        return ReadPooling(model, modelPath) switch
        {
            LLamaPoolingType.Rank => new(ModelTask.Rerank, LLamaPoolingType.Rank, causal && RanksByWord(model)),
            LLamaPoolingType.None when causal => new(ModelTask.Generate, LLamaPoolingType.None, InPieces: true),

            // A model that reads both ways cannot continue a text. The mean is what Sentence-BERT found best (Reimers and Gurevych 2019,
            // arXiv 1908.10084).
            LLamaPoolingType.None => new(ModelTask.Embed, LLamaPoolingType.Mean, InPieces: false),
            var pooling => new(ModelTask.Embed, pooling, causal && pooling == LLamaPoolingType.Last),
        };
    }

    /// <summary>
    /// Whether a score is the probability of "yes" against "no" behind the last token, as libllama computes it for these, rather than a
    /// number without bounds.
    /// </summary>
    public static bool RanksByWord(SafeLlamaModelHandle model) => Architecture(model) is "qwen3" or "qwen3vl";

    // libllama calls BERT a decoder; the file says that its attention goes both ways. For one it is known without the file.
    private static bool IsCausal(SafeLlamaModelHandle model) =>
        !string.Equals(Metadata(model, "attention.causal"), "false", StringComparison.Ordinal)
        && !string.Equals(Architecture(model), "gemma-embedding", StringComparison.Ordinal);

    private static LLamaPoolingType ReadPooling(SafeLlamaModelHandle model, string modelPath)
    {
        if (Metadata(model, "pooling_type") is not { } text)
        {
            return LLamaPoolingType.None;
        }

        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value is >= -1 and <= 4
            ? (LLamaPoolingType)Math.Max(value, 0)
            : throw new LlamaLoadException(
                modelPath,
                $"its {Architecture(model)}.pooling_type is not 0 (none), 1 (mean), 2 (CLS), 3 (last) or 4 (rank)",
                "Take a file with one of these");
    }

    private static string Architecture(SafeLlamaModelHandle model) => model.MetadataValue("general.architecture") ?? "unknown";

    private static string? Metadata(SafeLlamaModelHandle model, string name) => model.MetadataValue($"{Architecture(model)}.{name}");
}
