using System.Collections.Frozen;

namespace Gateway.Llama.Gguf.Checks;

/// <summary>Types of tensors that libllama has no code for where it uses them: it ends the process at the first token.</summary>
internal static class TensorTypeCheck
{
    // Kernels of convolutions and the like, which are taken as F32 although they are matrices (as conversion/base.py of llama.cpp writes them).
    private static readonly FrozenSet<string> SinglePrecision = FrozenSet.ToFrozenSet(
        [
            "token_types", "ssm_conv1d", "ssm_conv1d_q", "ssm_conv1d_k", "ssm_conv1d_v", "ssm_a", "ssm_d", "ssm_norm", "shortconv.conv", "attn_sinks",
            "time_mix_first", "time_mix_decay", "time_mix_w0", "time_mix_a0", "time_mix_v0", "time_mix_lerp_x", "time_mix_lerp_w", "time_mix_lerp_k",
            "time_mix_lerp_v", "time_mix_lerp_r", "time_mix_lerp_g", "time_mix_lerp_fused", "channel_mix_lerp_k", "channel_mix_lerp_r", "time_mix_ln",
            "time_mix_k_k", "time_mix_k_a", "time_mix_r_k", "rope_freqs", "rope_factors_long", "rope_factors_short",
        ],
        StringComparer.Ordinal);

    // Tables of token or expert numbers.
    private static readonly FrozenSet<string> Tables = FrozenSet.ToFrozenSet(["d2t", "t2d", "ffn_gate_tid2eid", "masked_embd_ordering"], StringComparer.Ordinal);

    public static void Run(ModelMetadata model, GgufProblems problems)
    {
        foreach (var tensor in model.Tensors.Values)
        {
            if (tensor.Type is not { } type)
            {
                continue;
            }

            var name = BaseName(tensor.Name);
            if (type.Use == GgmlTypeUse.None || (type.Use == GgmlTypeUse.Indices && !Tables.Contains(name)))
            {
                problems.Add(tensor.Field + " type", $"{type.Name}; libllama does not compute with weights of this type");
            }
            else if (type.Name is not "F32" && type.Use == GgmlTypeUse.Weights && MustBeSingle(tensor, name))
            {
                problems.Add(tensor.Field + " type", $"{type.Name}; libllama takes it as F32 only");
            }
        }
    }

    private static bool MustBeSingle(GgufTensor tensor, string name) =>
        tensor.Dimensions is [_, 1, 1, 1]
        || tensor.Name.EndsWith(".bias", StringComparison.Ordinal)
        || name.EndsWith("_norm", StringComparison.Ordinal)
        || SinglePrecision.Contains(name);

    /// <summary>"blk.3.attn_q.weight" without the layer and the end: "attn_q".</summary>
    private static string BaseName(string name)
    {
        var start = 0;
        if (name.StartsWith("blk.", StringComparison.Ordinal) && name.IndexOf('.', 4) is > 0 and var dot)
        {
            start = dot + 1;
        }

        var end = name.EndsWith(".weight", StringComparison.Ordinal) ? name.Length - ".weight".Length
            : name.EndsWith(".bias", StringComparison.Ordinal) ? name.Length - ".bias".Length
            : name.Length;
        return start < end ? name[start..end] : name;
    }
}
