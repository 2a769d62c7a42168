using System.Globalization;

namespace Gateway.Llama.Gguf.Checks;

/// <summary>
/// Tensors against the hyperparameters, for the most common architectures: which must be there, which may, and their shapes. libllama
/// checks those of every architecture itself, without a crash; here the file can be looked at without loading it, and all is found at once.
/// </summary>
internal sealed class TensorShapeCheck(ModelMetadata model, GgufProblems problems)
{
    private readonly HashSet<string> _expected = new(StringComparer.Ordinal);

    public void Run()
    {
        if (model.Architecture is not ("llama" or "qwen2" or "qwen3" or "qwen3moe" or "gemma2" or "gemma3" or "bert"))
        {
            if (!model.Tensors.ContainsKey("token_embd.weight"))
            {
                problems.Add("tensor \"token_embd.weight\"", "it is missing");
            }

            return;
        }

        Model();
        for (var layer = 0; layer < model.LayerCount; layer++)
        {
            Layer(layer);
        }

        foreach (var tensor in model.Tensors.Values)
        {
            if (!_expected.Contains(tensor.Name))
            {
                problems.Add(tensor.Field, $"libllama knows no such tensor in a model of architecture {model.Architecture} with {Count(model.LayerCount, "layer")}");
            }
        }
    }

    private long Vector => model.EmbeddingLength;

    // A vocabulary that could not be read says nothing of its rows.
    private long? Tokens => model.TokenCount > 0 ? model.TokenCount : null;

    private void Model()
    {
        Need("token_embd.weight", Vector, Tokens);
        May("output.weight", Vector, Tokens);
        switch (model.Architecture)
        {
            case "bert":
                May("token_types.weight", Vector, model.File.Metadata.GetValueOrDefault("tokenizer.ggml.token_type_count")?.UInt32 ?? 0);
                Need("position_embd.weight", Vector, model.UInt32("context_length") ?? 0);
                Need("token_embd_norm.weight", Vector);
                Need("token_embd_norm.bias", Vector);
                May("cls.weight", Vector, Vector);
                May("cls.bias", Vector);
                May("cls.output.bias", Labels);
                break;
            case "qwen2":
                May("output.bias", Tokens);
                break;
            case "gemma3":
                May("dense_2.weight", Vector, null);
                May("dense_3.weight", null, Vector);
                break;
        }

        if (model.Architecture is "bert" or "qwen3")
        {
            May("cls.output.weight", Vector, Labels);
        }

        if (model.Architecture is not "bert")
        {
            Need("output_norm.weight", Vector);
        }

        if (model.Architecture is "llama")
        {
            foreach (var name in (ReadOnlySpan<string>)["rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"])
            {
                May(name, (model.UInt32("rope.dimension_count") ?? model.KeyLength) / 2);
            }
        }
    }

    private long Labels => model.Find("classifier.output_labels") is { Type: GgufValueType.Array, Count: > 0 } labels ? labels.Count : 1;

    private void Layer(int layer)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"blk.{layer}.");
        var isPlain = model.Architecture is "qwen2" or "bert";
        var queries = isPlain ? Vector : model.KeyLength * model.HeadCount(layer);
        var keys = model.KeyLength * model.KVHeadCount(layer);
        var values = model.ValueLength * model.KVHeadCount(layer);
        if (May(prefix + "attn_qkv.weight", Vector, queries + keys + values))
        {
            May(prefix + "attn_qkv.bias", queries + keys + values);
        }
        else
        {
            Need(prefix + "attn_q.weight", Vector, queries);
            Need(prefix + "attn_k.weight", Vector, keys);
            Need(prefix + "attn_v.weight", Vector, values);
        }

        May(prefix + "attn_q.bias", queries);
        May(prefix + "attn_k.bias", keys);
        May(prefix + "attn_v.bias", values);
        Need(prefix + "attn_output.weight", queries, Vector);
        if (model.Architecture is "llama" or "bert")
        {
            May(prefix + "attn_output.bias", Vector);
        }

        if (model.Architecture is "qwen3" or "qwen3moe" or "gemma3")
        {
            Need(prefix + "attn_q_norm.weight", model.KeyLength);
            Need(prefix + "attn_k_norm.weight", model.KeyLength);
        }

        Norms(prefix);
        if (model.UInt32("expert_count") is > 0 && model.Architecture is "llama" or "qwen3moe")
        {
            Experts(prefix, layer);
        }
        else
        {
            FeedForward(prefix, layer);
        }
    }

    private void Norms(string prefix)
    {
        string[] names = model.Architecture switch
        {
            "bert" => ["attn_output_norm.weight", "attn_output_norm.bias", "layer_output_norm.weight", "layer_output_norm.bias"],
            "gemma2" or "gemma3" => ["attn_norm.weight", "ffn_norm.weight", "post_attention_norm.weight", "post_ffw_norm.weight"],
            _ => ["attn_norm.weight", "ffn_norm.weight"],
        };
        foreach (var name in names)
        {
            Need(prefix + name, Vector);
        }
    }

    private void FeedForward(string prefix, int layer)
    {
        var length = model.OfLayer("feed_forward_length", layer) ?? 0;
        Need(prefix + "ffn_up.weight", Vector, length);
        Need(prefix + "ffn_down.weight", length, Vector);
        if (model.Architecture is not "bert")
        {
            Need(prefix + "ffn_gate.weight", Vector, length);
        }

        if (model.Architecture is "llama" or "bert")
        {
            May(prefix + "ffn_up.bias", length);
            May(prefix + "ffn_down.bias", Vector);
        }

        if (model.Architecture is "llama")
        {
            May(prefix + "ffn_gate.bias", length);
        }
    }

    private void Experts(string prefix, int layer)
    {
        var experts = model.UInt32("expert_count") ?? 0;
        var isQwen = model.Architecture is "qwen3moe";
        var length = model.OfLayer("feed_forward_length", layer) ?? 0;
        if (isQwen)
        {
            var used = Math.Max(1, model.OfLayer("expert_used_count", 0) ?? 1);
            length = model.OfLayer("expert_feed_forward_length", 0) is > 0 and var own ? own : length / used;
        }

        Need(prefix + "ffn_gate_inp.weight", Vector, experts);
        Need(prefix + "ffn_up_exps.weight", Vector, length, experts);
        Need(prefix + "ffn_down_exps.weight", length, Vector, experts);
        if (isQwen)
        {
            Need(prefix + "ffn_gate_exps.weight", Vector, length, experts);
        }
        else
        {
            May(prefix + "ffn_gate_exps.weight", Vector, length, experts);
            May(prefix + "ffn_gate_shexp.weight", Vector, null);
            May(prefix + "ffn_up_shexp.weight", Vector, null);
            May(prefix + "ffn_down_shexp.weight", null, Vector);
        }
    }

    private void Need(string name, params ReadOnlySpan<long?> shape)
    {
        if (!May(name, shape))
        {
            problems.Add($"tensor \"{name}\"", "it is missing");
        }
    }

    /// <summary>Whether the tensor is there; null in the shape fits any length.</summary>
    private bool May(string name, params ReadOnlySpan<long?> shape)
    {
        _expected.Add(name);
        if (!model.Tensors.TryGetValue(name, out var tensor))
        {
            return false;
        }

        for (var i = 0; i < tensor.Dimensions.Count; i++)
        {
            if ((i < shape.Length ? shape[i] : 1) is { } length && tensor.Dimensions[i] != length)
            {
                problems.Add(tensor.Field + " dimensions", $"{tensor.Shape}; by the metadata it must be {Show(shape)}");
                break;
            }
        }

        return true;
    }

    private static string Count(uint count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");

    private static string Show(ReadOnlySpan<long?> shape)
    {
        var parts = new List<string>();
        foreach (var length in shape)
        {
            parts.Add(length?.ToString(CultureInfo.InvariantCulture) ?? "any");
        }

        return string.Join(" x ", parts);
    }
}
