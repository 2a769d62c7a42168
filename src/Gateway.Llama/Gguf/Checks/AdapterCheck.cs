using System.Globalization;

namespace Gateway.Llama.Gguf.Checks;

/// <summary>A LoRA adapter, alone and against the model that it belongs over (llama-adapter.cpp, which asserts some and leaves out others).</summary>
/// <param name="file">The adapter.</param>
/// <param name="model">The model, null when it is not known.</param>
/// <param name="problems">Where to tell.</param>
internal sealed class AdapterCheck(GgufFile file, ModelMetadata? model, GgufProblems problems)
{
    private const string A = ".lora_a";
    private const string B = ".lora_b";

    public void Run()
    {
        Demand("general.type", "adapter");
        Demand("adapter.type", "lora");
        Architecture();
        if (file.Metadata.GetValueOrDefault("adapter.lora.alpha") is { } alpha && (alpha.Type != GgufValueType.F32 || !double.IsFinite(alpha.Number!.Value)))
        {
            problems.AddKey("adapter.lora.alpha", alpha.Type == GgufValueType.F32 ? "it must be a finite number" : $"it is {alpha.TypeName}; it must be f32");
        }

        InvocationTokens();
        if (file.HasAllTensors)
        {
            Tensors();
        }
    }

    private void Demand(string key, string text)
    {
        var value = file.Metadata.GetValueOrDefault(key);
        if (!string.Equals(value?.Text, text, StringComparison.Ordinal))
        {
            problems.AddKey(key, value is null ? "it is missing"
                : (value.Text is { } other ? $"\"{GgufText.Show(other)}\"" : $"it is {value.TypeName}") + $"; it must be \"{text}\"");
        }
    }

    private void Architecture()
    {
        const string Key = "general.architecture";
        var value = file.Metadata.GetValueOrDefault(Key);
        if (value?.Text is not { } architecture)
        {
            problems.AddKey(Key, value is null ? "it is missing" : $"it is {value.TypeName}; it must be a string");
        }
        else if (!Architectures.Known.Contains(architecture))
        {
            problems.AddKey(Key, $"\"{GgufText.Show(architecture)}\"; libllama v0.5.0 knows no such architecture");
        }
        else if (model is not null && !string.Equals(model.Architecture, architecture, StringComparison.Ordinal))
        {
            problems.AddKey(Key, $"\"{architecture}\"; the model is of architecture {GgufText.Show(model.Architecture)}");
        }
    }

    private void InvocationTokens()
    {
        const string Key = "adapter.alora.invocation_tokens";
        if (file.Metadata.GetValueOrDefault(Key) is not { } value)
        {
            return;
        }

        if (value is not { Type: GgufValueType.Array, ElementType: GgufValueType.U32, Count: <= GgufLimits.MostTokens })
        {
            problems.AddKey(Key, $"it is {value.TypeName}; it must be a short array of u32");
        }
        else if (model is not null && Array.Find(file.Numbers(value, GgufLimits.MostTokens), id => id >= model.TokenCount) is > 0 and var id)
        {
            problems.AddKey(Key, string.Create(CultureInfo.InvariantCulture, $"token {id}; the model has tokens 0 to {model.TokenCount - 1}"));
        }
    }

    private void Tensors()
    {
        var pairs = new Dictionary<string, (GgufTensor? A, GgufTensor? B)>(StringComparer.Ordinal);
        foreach (var tensor in file.Tensors)
        {
            if (tensor.Name.EndsWith(A, StringComparison.Ordinal))
            {
                var name = tensor.Name[..^A.Length];
                pairs[name] = (tensor, pairs.GetValueOrDefault(name).B);
            }
            else if (tensor.Name.EndsWith(B, StringComparison.Ordinal))
            {
                var name = tensor.Name[..^B.Length];
                pairs[name] = (pairs.GetValueOrDefault(name).A, tensor);
            }
            else if (!tensor.Name.EndsWith("_norm.weight", StringComparison.Ordinal))
            {
                problems.Add(tensor.Field, $"an adapter's tensors end with {A} or {B}");
            }

            if (tensor.Type is { Use: not GgmlTypeUse.Weights } type)
            {
                problems.Add(tensor.Field + " type", $"{type.Name}; libllama does not compute with weights of this type");
            }
        }

        if (pairs.Count == 0)
        {
            problems.Add("tensor_count", "there is no tensor that adapts one of the model's");
        }

        foreach (var (name, (a, b)) in pairs)
        {
            if (a is null || b is null)
            {
                problems.Add($"tensor \"{GgufText.Show(name)}{(a is null ? A : B)}\"", "it is missing");
            }
            else
            {
                Pair(name, a, b);
            }
        }
    }

    // Of a matrix [in, out]: a is [in, rank], b is [rank, out]. Of the embeddings a is [rank, tokens], b is [rank, vector].
    private void Pair(string name, GgufTensor a, GgufTensor b)
    {
        var isEmbedding = name.EndsWith("token_embd.weight", StringComparison.Ordinal);
        var rank = isEmbedding ? a.Dimensions[0] : a.Dimensions[1];
        if (rank != b.Dimensions[0])
        {
            problems.Add(b.Field + " dimensions", $"{b.Shape}; {A[1..]} is {a.Shape}, and the rank must be the same in both");
        }

        if (!Outer(a).SequenceEqual(Outer(b)))
        {
            problems.Add(b.Field + " dimensions", $"{b.Shape}; {A[1..]} is {a.Shape}");
        }

        if (model is null)
        {
            return;
        }

        if (!model.Tensors.TryGetValue(name, out var adapted))
        {
            problems.Add($"tensor \"{GgufText.Show(name)}\"", "the model has no such tensor to adapt");
            return;
        }

        var (input, output) = isEmbedding ? (b.Dimensions[1], a.Dimensions[1]) : (a.Dimensions[0], b.Dimensions[1]);
        if (input != adapted.Dimensions[0] || output != adapted.Dimensions[1] || !Outer(a).SequenceEqual(Outer(adapted)))
        {
            problems.Add(a.Field + " dimensions", $"{a.Shape}, and {B[1..]} {b.Shape}; the model's tensor is {adapted.Shape}");
        }
    }

    private static IEnumerable<long> Outer(GgufTensor tensor) => tensor.Dimensions.Skip(2);
}
