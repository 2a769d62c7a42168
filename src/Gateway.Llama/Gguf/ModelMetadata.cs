using System.Globalization;
using Gateway.Llama.Loading;
using LLama.Native;

namespace Gateway.Llama.Gguf;

/// <summary>The metadata of a file that should be a model: hyperparameters by their names without the architecture's prefix.</summary>
internal sealed class ModelMetadata
{
    private readonly Dictionary<string, double[]> _layers = new(StringComparer.Ordinal);

    public ModelMetadata(GgufFile file)
    {
        File = file;
        Architecture = file.Text("general.architecture") ?? "";
        TokenCount = file.Metadata.GetValueOrDefault("tokenizer.ggml.tokens") is { Type: GgufValueType.Array, ElementType: GgufValueType.Text } tokens
            ? tokens.Count
            : 0;
        Tensors = new(file.Tensors.Count, StringComparer.Ordinal);
        foreach (var tensor in file.Tensors)
        {
            Tensors.TryAdd(tensor.Name, tensor);
        }
    }

    public GgufFile File { get; }

    /// <summary>Empty when the file has none.</summary>
    public string Architecture { get; }

    /// <summary>Tokens of the vocabulary.</summary>
    public long TokenCount { get; }

    public Dictionary<string, GgufTensor> Tensors { get; }

    public uint BlockCount => UInt32("block_count") ?? 0;

    public uint EmbeddingLength => UInt32("embedding_length") ?? 0;

    /// <summary>Layers that take part in generation: those for several tokens at a time come last.</summary>
    public uint LayerCount => BlockCount - Math.Min(BlockCount, UInt32("nextn_predict_layers") ?? 0);

    /// <summary>Length of a key of one head; libllama takes the first layer's heads for it.</summary>
    public long KeyLength => UInt32("attention.key_length") ?? HeadLength;

    /// <summary>Length of a value of one head.</summary>
    public long ValueLength => UInt32("attention.value_length") ?? HeadLength;

    /// <summary>What it is for, as far as the file tells.</summary>
    public ModelPurpose Purpose =>
        ModelPurpose.Of(Architecture, (LLamaPoolingType)(UInt32("pooling_type") ?? 0), Find("attention.causal")?.Flag);

    private long HeadLength => HeadCount(0) is > 0 and var heads ? EmbeddingLength / heads : 0;

    public string Key(string name) => Architecture + "." + name;

    public GgufValue? Find(string name) => File.Metadata.GetValueOrDefault(Key(name));

    public uint? UInt32(string name) => Find(name)?.UInt32;

    public long HeadCount(int layer) => OfLayer("attention.head_count", layer) ?? 0;

    public long KVHeadCount(int layer) => OfLayer("attention.head_count_kv", layer) ?? HeadCount(layer);

    /// <summary>A number that is the same for all layers, or has an array with one a layer; null when there is none.</summary>
    public long? OfLayer(string name, int layer)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        if (value.Type != GgufValueType.Array)
        {
            return value.UInt32;
        }

        if (!_layers.TryGetValue(name, out var numbers))
        {
            _layers.Add(name, numbers = File.Numbers(value, GgufLimits.MostLayers));
        }

        return layer < numbers.Length ? (long)numbers[layer] : null;
    }

    /// <summary>A number as messages show it.</summary>
    public static string Show(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}
