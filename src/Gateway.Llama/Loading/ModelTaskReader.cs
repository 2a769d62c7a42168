using System.Globalization;
using LLama.Native;

namespace Gateway.Llama.Loading;

/// <summary>What a model is for, and how it makes one vector out of a text.</summary>
/// <param name="Task">What can be asked of it.</param>
/// <param name="Pooling">How the vectors of tokens become one; None for a model that makes no vectors.</param>
/// <param name="InPieces">Whether the last token, which sees all before it, makes the vector: then a long text can be read in pieces.</param>
internal readonly record struct ModelPurpose(ModelTask Task, LLamaPoolingType Pooling, bool InPieces)
{
    /// <param name="architecture">general.architecture.</param>
    /// <param name="pooling">The architecture's pooling_type, 0 to 4.</param>
    /// <param name="causal">The architecture's attention.causal; null when the file does not say.</param>
    public static ModelPurpose Of(string architecture, LLamaPoolingType pooling, bool? causal)
    {
        // libllama calls BERT a decoder; the file says that its attention goes both ways. For one it is known without the file.
        var isCausal = causal != false && architecture is not "gemma-embedding";
        return pooling switch
        {
            LLamaPoolingType.Rank => new(ModelTask.Rerank, pooling, isCausal && RanksByWord(architecture)),
            LLamaPoolingType.None when isCausal => new(ModelTask.Generate, pooling, InPieces: true),

            // A model that reads both ways cannot continue a text. The mean is what Sentence-BERT found best (Reimers and Gurevych 2019,
            // arXiv 1908.10084).
            LLamaPoolingType.None => new(ModelTask.Embed, LLamaPoolingType.Mean, InPieces: false),
            _ => new(ModelTask.Embed, pooling, isCausal && pooling == LLamaPoolingType.Last),
        };
    }

    /// <summary>
    /// Whether a score is the probability of "yes" against "no" behind the last token, as libllama computes it for these, rather than a
    /// number without bounds.
    /// </summary>
    public static bool RanksByWord(string architecture) => architecture is "qwen3" or "qwen3vl";
}

/// <summary>Finds the purpose of a loaded model.</summary>
internal static class ModelTaskReader
{
    /// <exception cref="LlamaLoadException">The file names a pooling that there is not; libllama would end the process.</exception>
    public static ModelPurpose Read(SafeLlamaModelHandle model, string modelPath)
    {
        if (model.HasEncoder || model.IsDiffusion)
        {
            return new(ModelTask.None, LLamaPoolingType.None, InPieces: false);
        }

        var architecture = model.Architecture();
        var pooling = ReadPooling(model.MetadataValue(architecture + ".pooling_type"), architecture, modelPath);
        return ModelPurpose.Of(architecture, pooling, bool.TryParse(model.MetadataValue(architecture + ".attention.causal"), out var causal) ? causal : null);
    }

    private static LLamaPoolingType ReadPooling(string? text, string architecture, string modelPath) =>
        text is null ? LLamaPoolingType.None
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value is >= -1 and <= 4
            ? (LLamaPoolingType)Math.Max(value, 0)
            : throw new LlamaLoadException(
                modelPath,
                $"its {architecture}.pooling_type is not 0 (none), 1 (mean), 2 (CLS), 3 (last) or 4 (rank)",
                "Take a file with one of these");
}
