using System.Text;
using Gateway.Llama.Gguf;

namespace Gateway.Llama.Tests.Gguf;

/// <summary>Writes GGUF files, also broken ones. <see cref="Model"/> is a whole model, small enough to be made for each test.</summary>
internal sealed class GgufBuilder
{
    public const int Tokens = 320;
    public const int Vector = 32;
    public const int Hidden = 64;

    private const int Heads = 4;
    private const int Groups = 2;
    private const int HeadLength = Vector / Heads;

    public List<(string Key, byte[] Value)> Metadata { get; } = [];

    public List<Tensor> Tensors { get; } = [];

    public uint Alignment { get; set; } = 32;

    /// <summary>A model of architecture llama with one layer and a vocabulary of single bytes.</summary>
    public static GgufBuilder Model()
    {
        var builder = new GgufBuilder();
        builder.Set("general.architecture", "llama");
        builder.Set("general.name", "micro");
        builder.Set("llama.context_length", 256u);
        builder.Set("llama.embedding_length", (uint)Vector);
        builder.Set("llama.block_count", 1u);
        builder.Set("llama.feed_forward_length", (uint)Hidden);
        builder.Set("llama.attention.head_count", (uint)Heads);
        builder.Set("llama.attention.head_count_kv", (uint)Groups);
        builder.Set("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        builder.Set("tokenizer.ggml.model", "llama");
        builder.Set("tokenizer.ggml.tokens", Vocabulary().ToArray());
        builder.Set("tokenizer.ggml.scores", Enumerable.Range(0, Tokens).Select(i => -(float)i).ToArray());
        builder.Set("tokenizer.ggml.token_type", Enumerable.Range(0, Tokens).Select(i => i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1).ToArray());
        builder.Set("tokenizer.ggml.bos_token_id", 1u);
        builder.Set("tokenizer.ggml.eos_token_id", 2u);
        builder.Set("tokenizer.ggml.add_bos_token", true);
        builder.Set("tokenizer.chat_template", "{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}");
        builder.Add("token_embd.weight", 1, Vector, Tokens);
        builder.Add("output_norm.weight", 0, Vector);
        foreach (var name in (string[])["attn_norm", "ffn_norm"])
        {
            builder.Add($"blk.0.{name}.weight", 0, Vector);
        }

        builder.Add("blk.0.attn_q.weight", 1, Vector, Vector);
        builder.Add("blk.0.attn_k.weight", 1, Vector, Groups * HeadLength);
        builder.Add("blk.0.attn_v.weight", 1, Vector, Groups * HeadLength);
        builder.Add("blk.0.attn_output.weight", 1, Vector, Vector);
        builder.Add("blk.0.ffn_gate.weight", 1, Vector, Hidden);
        builder.Add("blk.0.ffn_up.weight", 1, Vector, Hidden);
        builder.Add("blk.0.ffn_down.weight", 1, Hidden, Vector);
        return builder;
    }

    /// <summary>A LoRA adapter for the queries of <see cref="Model"/>.</summary>
    public static GgufBuilder Adapter()
    {
        var builder = new GgufBuilder();
        builder.Set("general.architecture", "llama");
        builder.Set("general.type", "adapter");
        builder.Set("adapter.type", "lora");
        builder.Set("adapter.lora.alpha", 8f);
        builder.Add("blk.0.attn_q.weight.lora_a", 0, Vector, 4);
        builder.Add("blk.0.attn_q.weight.lora_b", 0, 4, Vector);
        return builder;
    }

    /// <summary>What a file holds, to change it. The file must be a sound one.</summary>
    public static GgufBuilder Parse(byte[] bytes)
    {
        var builder = new GgufBuilder();
        using var file = GgufFile.Read(new MemoryStream(bytes, writable: false));
        Assert.Empty(file.Problems);
        builder.Alignment = file.Alignment;
        using var reader = new BinaryReader(new MemoryStream(bytes, writable: false));
        reader.BaseStream.Position = 24;
        foreach (var _ in file.Metadata)
        {
            var key = ReadText(reader);
            var start = (int)reader.BaseStream.Position;
            SkipValue(reader, (GgufValueType)reader.ReadUInt32());
            builder.Metadata.Add((key, bytes[start..(int)reader.BaseStream.Position]));
        }

        foreach (var tensor in file.Tensors)
        {
            var at = (int)(file.DataPosition + (long)tensor.Offset);
            builder.Tensors.Add(new Tensor(tensor.Name, tensor.TypeId, [.. tensor.Dimensions.Take(tensor.Rank)], bytes[at..(at + (int)tensor.Size!.Value)]));
        }

        return builder;
    }

    public static List<string> Vocabulary() =>
    [
        "<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(i => $"<0x{i:X2}>"), .. Enumerable.Range(0, Tokens - 259).Select(i => $"▁w{i}"),
    ];

    /// <summary>Writes a value in place of the key's, or behind all others.</summary>
    public GgufBuilder Set(string key, object value) => SetRaw(key, Value(value));

    public GgufBuilder SetRaw(string key, byte[] value)
    {
        var at = Metadata.FindIndex(pair => string.Equals(pair.Key, key, StringComparison.Ordinal));
        if (at >= 0)
        {
            Metadata[at] = (key, value);
        }
        else
        {
            Metadata.Add((key, value));
        }

        return this;
    }

    public GgufBuilder Remove(string key)
    {
        Assert.NotEqual(0, Metadata.RemoveAll(pair => string.Equals(pair.Key, key, StringComparison.Ordinal)));
        return this;
    }

    /// <summary>Adds a tensor of small numbers.</summary>
    public GgufBuilder Add(string name, uint type, params long[] dimensions)
    {
        var known = GgmlType.Find(type)!;
        var data = new byte[dimensions.Aggregate(1L, (a, b) => a * b) / known.BlockLength * known.BlockBytes];
        for (var i = 0; i < data.Length; i++)
        {
            // 0x2c00 is 1/16 in half precision; what else comes of it is small too.
            data[i] = type == 0 ? (byte)(i % 4 == 3 ? 0x3d : 0) : (byte)(i % 2 == 1 ? 0x20 | (i * 7 % 12) : i * 31);
        }

        Tensors.Add(new Tensor(name, type, dimensions, data));
        return this;
    }

    public Tensor Find(string name) => Tensors.Single(tensor => string.Equals(tensor.Name, name, StringComparison.Ordinal));

    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)Tensors.Count);
        writer.Write((ulong)Metadata.Count);
        foreach (var (key, value) in Metadata)
        {
            WriteText(writer, key);
            writer.Write(value);
        }

        var offset = 0UL;
        foreach (var tensor in Tensors)
        {
            WriteText(writer, tensor.Name);
            writer.Write((uint)tensor.Dimensions.Length);
            Array.ForEach(tensor.Dimensions, writer.Write);
            writer.Write(tensor.Type);
            writer.Write(tensor.Offset ?? offset);
            offset += (ulong)(tensor.Data.Length + Alignment - 1) / Alignment * Alignment;
        }

        foreach (var tensor in Tensors)
        {
            Pad(writer);
            writer.Write(tensor.Data);
        }

        return stream.ToArray();
    }

    public GgufFile ToFile() => GgufFile.Read(new MemoryStream(ToBytes(), writable: false));

    /// <summary>The fields that the checker complains of.</summary>
    public IReadOnlyList<GgufProblem> Check()
    {
        using var file = ToFile();
        return GgufChecker.CheckModel(file);
    }

    public static byte[] Value(object value)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        var type = TypeOf(value.GetType().IsArray ? value.GetType().GetElementType()! : value.GetType());
        if (value is Array array)
        {
            writer.Write((uint)GgufValueType.Array);
            writer.Write((uint)type);
            writer.Write((ulong)array.Length);
            foreach (var element in array)
            {
                Write(writer, element);
            }
        }
        else
        {
            writer.Write((uint)type);
            Write(writer, value);
        }

        return stream.ToArray();
    }

    private static GgufValueType TypeOf(Type type) =>
        type == typeof(byte) ? GgufValueType.U8
        : type == typeof(ushort) ? GgufValueType.U16
        : type == typeof(uint) ? GgufValueType.U32
        : type == typeof(int) ? GgufValueType.I32
        : type == typeof(ulong) ? GgufValueType.U64
        : type == typeof(float) ? GgufValueType.F32
        : type == typeof(double) ? GgufValueType.F64
        : type == typeof(bool) ? GgufValueType.Bool
        : GgufValueType.Text;

    private static void Write(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case byte v: writer.Write(v); break;
            case ushort v: writer.Write(v); break;
            case uint v: writer.Write(v); break;
            case int v: writer.Write(v); break;
            case ulong v: writer.Write(v); break;
            case float v: writer.Write(v); break;
            case double v: writer.Write(v); break;
            case bool v: writer.Write(v); break;
            case byte[] v: writer.Write((ulong)v.Length); writer.Write(v); break;
            case string v: Write(writer, Encoding.UTF8.GetBytes(v)); break;
            default: throw new ArgumentException(value.GetType().Name);
        }
    }

    private static void WriteText(BinaryWriter writer, string text) => Write(writer, Encoding.Latin1.GetBytes(text));

    private void Pad(BinaryWriter writer)
    {
        writer.Flush();
        while (writer.BaseStream.Position % Alignment != 0)
        {
            writer.Write((byte)0);
        }
    }

    private static string ReadText(BinaryReader reader) => Encoding.Latin1.GetString(reader.ReadBytes((int)reader.ReadUInt64()));

    private static void SkipValue(BinaryReader reader, GgufValueType type)
    {
        if (type == GgufValueType.Text)
        {
            ReadText(reader);
        }
        else if (type == GgufValueType.Array)
        {
            var element = (GgufValueType)reader.ReadUInt32();
            for (var left = reader.ReadUInt64(); left > 0; left--)
            {
                SkipValue(reader, element);
            }
        }
        else
        {
            reader.ReadBytes(GgufValueTypes.SizeOf(type));
        }
    }

    internal sealed record Tensor(string Name, uint Type, long[] Dimensions, byte[] Data)
    {
        public string Name { get; set; } = Name;

        public uint Type { get; set; } = Type;

        public long[] Dimensions { get; set; } = Dimensions;

        public byte[] Data { get; set; } = Data;

        /// <summary>Null: where it belongs.</summary>
        public ulong? Offset { get; set; }
    }
}
