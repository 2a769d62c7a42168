using System.Globalization;

namespace Gateway.Llama.Gguf.Checks;

/// <summary>
/// Numbers of the architecture. Most of what is refused here ends the process inside libllama (its GGML_ASSERTs in llama-model.cpp and the
/// graphs, divisions by zero, exceptions at the first request); the rest is served wrongly without a word.
/// </summary>
internal sealed class HyperparameterCheck(ModelMetadata model, GgufProblems problems)
{
    // Far beyond every published model, and far below where products of two leave 63 bits.
    private const uint LongestContext = 1 << 30;
    private const uint LongestVector = 1 << 22;

    /// <returns>Whether the numbers that shapes of tensors depend on are there and possible.</returns>
    public bool Run()
    {
        Floats();
        Epsilons();
        Number("context_length", 1, LongestContext, isRequired: true);
        var knowsShapes = Number("embedding_length", 1, LongestVector, isRequired: true);
        if (Number("block_count", 1, GgufLimits.MostLayers, isRequired: true))
        {
            knowsShapes &= Number("nextn_predict_layers", 0, model.BlockCount - 1);
            Number("leading_dense_block_count", 0, model.BlockCount);
            knowsShapes &= PerLayer("feed_forward_length", LongestVector) & PerLayer("attention.head_count", LongestVector)
                & PerLayer("attention.head_count_kv", LongestVector);
            knowsShapes = knowsShapes && Heads();
            Experts();
        }
        else
        {
            knowsShapes = false;
        }

        Rope();
        Output();
        StateSpace();
        Number("attention.sliding_window", 0, LongestContext, orArray: true);
        Number("vocab_size", 0, uint.MaxValue);
        Number("attention.relative_buckets_count", 1, LongestVector);
        return knowsShapes;
    }

    // No number of a model is NaN or infinite; libllama computes with them all the same.
    private void Floats()
    {
        foreach (var (key, value) in model.File.Metadata)
        {
            if (!key.StartsWith(model.Architecture + ".", StringComparison.Ordinal))
            {
                continue;
            }

            if (value.Type is GgufValueType.F32 or GgufValueType.F64 && !double.IsFinite(value.Number!.Value))
            {
                problems.AddKey(key, $"{ModelMetadata.Show(value.Number.Value)}; it must be a finite number");
            }
            else if (value is { Type: GgufValueType.Array, ElementType: GgufValueType.F32 }
                && Array.FindIndex(model.File.Numbers(value, GgufLimits.MostLayers), number => !double.IsFinite(number)) is >= 0 and var at)
            {
                problems.AddKey(key, Invariant($"element {at} is no finite number"));
            }
        }

    }

    private void Epsilons()
    {
        const string Rms = "attention.layer_norm_rms_epsilon";
        const string Plain = "attention.layer_norm_epsilon";
        if (model.Find(Rms) is null && model.Find(Plain) is null)
        {
            problems.AddKey(model.Key(Rms), "it is missing");
        }

        foreach (var name in (ReadOnlySpan<string>)[Plain, Rms, "attention.group_norm_epsilon"])
        {
            if (model.Find(name) is { Type: not GgufValueType.F32 } wrong)
            {
                problems.AddKey(model.Key(name), $"it is {wrong.TypeName}; it must be f32");
            }

            if (Float(name) is { } epsilon and (< 0 or > 1))
            {
                problems.AddKey(model.Key(name), $"{ModelMetadata.Show(epsilon)}; it must be from 0 to 1");
            }
        }
    }

    private bool Heads()
    {
        if (model.HeadCount(0) == 0 && !Architectures.Recurrent.Contains(model.Architecture) && !Architectures.Hybrid.Contains(model.Architecture))
        {
            problems.AddKey(model.Key("attention.head_count"), model.Find("attention.head_count") is null ? "it is missing" : "0; a model with attention has heads");
            return false;
        }

        for (var layer = 0; layer < model.BlockCount; layer++)
        {
            var (heads, groups) = (model.HeadCount(layer), model.KVHeadCount(layer));
            if (heads > 0 && groups > 0 && heads % groups != 0)
            {
                problems.AddKey(model.Key("attention.head_count_kv"), Invariant($"{groups} in layer {layer}; it must divide the {heads} heads (attention.head_count)"));
                break;
            }
        }

        if (model.HeadCount(0) == 0)
        {
            return true;
        }

        if (!(Number("attention.key_length", 1, LongestVector) & Number("attention.value_length", 1, LongestVector)))
        {
            return false;
        }

        if (model.KeyLength == 0)
        {
            problems.AddKey(model.Key("attention.head_count"), Invariant($"{model.HeadCount(0)} heads; a vector of {model.EmbeddingLength} (embedding_length) has no place for them"));
        }
        else if (model.KeyLength != model.ValueLength && Architectures.ValuesLikeKeys.Contains(model.Architecture))
        {
            // Of the two the one is named that the file has.
            var (name, length, other, otherLength) = model.Find("attention.value_length") is null
                ? ("attention.key_length", model.KeyLength, "attention.value_length", model.ValueLength)
                : ("attention.value_length", model.ValueLength, "attention.key_length", model.KeyLength);
            problems.AddKey(model.Key(name), Invariant($"{length}; in this architecture it must be as {other}, {otherLength}"));
        }

        return model.KeyLength > 0;
    }

    private void Rope()
    {
        var dimensions = model.UInt32("rope.dimension_count") ?? (uint)Math.Min(model.KeyLength, LongestVector);
        if (Number("rope.dimension_count", 0, LongestVector) && model.KeyLength > 0)
        {
            if (Architectures.WholeHeadsTurned.Contains(model.Architecture) ? dimensions != model.KeyLength : dimensions > model.KeyLength)
            {
                problems.AddKey(model.Key("rope.dimension_count"), Invariant($"{dimensions}; a head has {model.KeyLength} numbers, and ")
                    + (dimensions > model.KeyLength ? "no more can be turned" : "this architecture turns all of them"));
            }
            else if (dimensions % 2 != 0)
            {
                problems.AddKey(model.Key("rope.dimension_count"), Invariant($"{dimensions}; numbers are turned in pairs"));
            }
        }

        Sections();
        if (model.Find("rope.scaling.type") is { } type && type.Text is not ("none" or "linear" or "yarn" or "longrope"))
        {
            problems.AddKey(model.Key("rope.scaling.type"), (type.Text is { } text ? $"\"{GgufText.Show(text)}\"" : $"it is {type.TypeName}")
                + "; it must be \"none\", \"linear\", \"yarn\" or \"longrope\"");
        }

        foreach (var name in (ReadOnlySpan<string>)["rope.freq_base", "rope.freq_base_swa"])
        {
            if (Float(name) is { } frequency and <= 0)
            {
                problems.AddKey(model.Key(name), $"{ModelMetadata.Show(frequency)}; it must be more than 0");
            }
        }

        foreach (var name in (ReadOnlySpan<string>)["rope.scaling.factor", "rope.scale_linear"])
        {
            if (Float(name) is { } factor and (< 0 or (> 0 and < 1e-6)))
            {
                problems.AddKey(model.Key(name), $"{ModelMetadata.Show(factor)}; it must be 0 (none) or at least 0.000001");
            }
        }
    }

    private void Sections()
    {
        const string Name = "rope.dimension_sections";
        var sections = model.Find(Name);
        if (!Architectures.SectionedHeads.Contains(model.Architecture) && !(sections is not null && Architectures.MaybeSectionedHeads.Contains(model.Architecture)))
        {
            return;
        }

        if (sections is not { Type: GgufValueType.Array, ElementType: GgufValueType.U32 or GgufValueType.I32, Count: 4 })
        {
            problems.AddKey(model.Key(Name), sections is null ? "it is missing" : $"it is {sections.TypeName}; it must be an array of 4 u32");
            return;
        }

        var lengths = model.File.Numbers(sections, 4);
        if (lengths.Any(length => length < 0) || lengths[..3].Sum() == 0 || lengths.Sum() > model.KeyLength)
        {
            problems.AddKey(model.Key(Name), Invariant($"{string.Join(", ", lengths)}; one of the first three must be more than 0, and all no more than a head has, {model.KeyLength}"));
        }
    }

    private void Experts()
    {
        // As libllama has it: these two are sometimes written for models without experts.
        var alone = model.Architecture is "hunyuan_vl" or "hunyuan-dense" && model.UInt32("expert_count") is <= 1;
        if (alone || !Number("expert_count", 0, GgufLimits.MostExperts) || !PerLayer("expert_used_count", GgufLimits.MostExperts))
        {
            return;
        }

        var experts = model.UInt32("expert_count") ?? 0;
        var used = Enumerable.Range(0, (int)model.BlockCount).Max(layer => model.OfLayer("expert_used_count", layer) ?? 0);
        if (used > experts || (experts > 0 && used == 0))
        {
            problems.AddKey(model.Key("expert_used_count"), Invariant($"{used}; with {model.Key("expert_count")} {experts} it must be ")
                + (experts > 0 ? Invariant($"from 1 to {experts}") : "0"));
        }

        var groups = model.UInt32("expert_group_count") ?? 0;
        if (!Number("expert_group_count", 0, experts > 0 ? experts - 1 : 0) || groups <= 1)
        {
            return;
        }

        if (experts % groups != 0)
        {
            problems.AddKey(model.Key("expert_group_count"), Invariant($"{groups}; it must divide the {experts} experts (expert_count)"));
        }

        Number("expert_group_used_count", 1, groups - 1, isRequired: true);
    }

    private void Output()
    {
        if (Number("pooling_type", 0, 4) && model.UInt32("pooling_type") == 4 && !model.Tensors.ContainsKey("cls.weight") && !model.Tensors.ContainsKey("cls.output.weight"))
        {
            problems.AddKey(model.Key("pooling_type"), "4 (rank) without a head that ranks (tensor \"cls.weight\" or \"cls.output.weight\")");
        }

        // libllama copies this many numbers out of what the last tensor made.
        if (Number("embedding_length_out", 1, LongestVector) && model.UInt32("embedding_length_out") is { } length && length != model.EmbeddingLength
            && !model.Tensors.Values.Any(tensor => !tensor.Name.StartsWith("blk.", StringComparison.Ordinal) && tensor.Rank == 2 && tensor.Dimensions[1] == length && tensor.Dimensions[0] == model.EmbeddingLength))
        {
            problems.AddKey(model.Key("embedding_length_out"), Invariant($"{length}; no tensor makes vectors of that length out of those of {model.EmbeddingLength} (embedding_length)"));
        }
    }

    private void StateSpace()
    {
        Number("ssm.conv_kernel", 2, 1 << 10);
        Number("ssm.inner_size", 1, LongestVector);
        Number("ssm.state_size", 1, LongestVector);
        Number("ssm.time_step_rank", 1, LongestVector);
        Number("ssm.group_count", 0, LongestVector);
        Number("shortconv.l_cache", 2, 1 << 10);
        if (Number("wkv.head_size", 1, LongestVector) && model.UInt32("wkv.head_size") is { } size && model.EmbeddingLength % size != 0)
        {
            problems.AddKey(model.Key("wkv.head_size"), Invariant($"{size}; it must divide embedding_length, {model.EmbeddingLength}"));
        }
    }

    /// <summary>Whether the value is in its range, or rightly missing.</summary>
    private bool Number(string name, uint least, uint most, bool isRequired = false, bool orArray = false)
    {
        if (model.Find(name) is not { } value)
        {
            if (isRequired)
            {
                problems.AddKey(model.Key(name), "it is missing");
            }

            return !isRequired;
        }

        if (orArray && value.Type == GgufValueType.Array)
        {
            return true;
        }

        if (value.UInt32 is not { } number)
        {
            problems.AddKey(model.Key(name), $"it is {value.TypeName}; it must be u32");
            return false;
        }

        if (number >= least && number <= most)
        {
            return true;
        }

        problems.AddKey(model.Key(name), Invariant($"{number}; it must be from {least} to {most}"));
        return false;
    }

    private bool PerLayer(string name, uint most)
    {
        if (model.Find(name) is not { Type: GgufValueType.Array } array)
        {
            return Number(name, 0, most);
        }

        if (array.ElementType is not (GgufValueType.U32 or GgufValueType.I32))
        {
            problems.AddKey(model.Key(name), $"it is {array.TypeName}; it must be u32, or an array of u32 with one a layer");
            return false;
        }

        if (array.Count != model.BlockCount)
        {
            problems.AddKey(model.Key(name), Invariant($"{array.Count} elements; it must have one for each of the {model.BlockCount} layers (block_count)"));
            return false;
        }

        var numbers = model.File.Numbers(array, GgufLimits.MostLayers);
        if (Array.FindIndex(numbers, number => number < 0 || number > most) is >= 0 and var at)
        {
            problems.AddKey(model.Key(name), Invariant($"{numbers[at]} in layer {at}; it must be from 0 to {most}"));
            return false;
        }

        return true;
    }

    private double? Float(string name) =>
        model.Find(name) is { Type: GgufValueType.F32 } value && double.IsFinite(value.Number!.Value) ? value.Number : null;

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
