using System.Text;

namespace Gateway.Llama.Tests.Vectors;

/// <summary>A tiny model's file with keys added, such as the pooling of an embedding model that was made of a generating one (Qwen3-Embedding).</summary>
internal sealed class AlteredModel : IDisposable
{
    private const int HeaderLength = 24; // magic, version, number of tensors, number of keys
    private const int Alignment = 32;

    public AlteredModel(string file, params (string Key, object Value)[] added)
    {
        using var reader = new BinaryReader(File.OpenRead(TestModels.Tiny(file)));
        using var keys = new MemoryStream();
        using var writer = new BinaryWriter(keys);
        foreach (var (key, value) in added)
        {
            Write(writer, key, value);
        }

        // One more key fills up to a multiple of the alignment, so that the tensors lie where they lay, that much further on.
        const int EmptyKey = sizeof(ulong) + sizeof(uint) + sizeof(int);
        Write(writer, new string('p', Alignment - (((int)keys.Length + EmptyKey) % Alignment)), 0);

        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"{Guid.NewGuid():N}.gguf");
        using var output = new BinaryWriter(File.Create(Path));
        output.Write(reader.ReadBytes(HeaderLength - sizeof(ulong)));
        output.Write(reader.ReadUInt64() + (ulong)added.Length + 1);
        output.Write(keys.ToArray());
        output.Write(reader.ReadBytes((int)reader.BaseStream.Length));
    }

    public string Path { get; }

    public static AlteredModel Pooled(string file, string architecture, int pooling) => new(file, ($"{architecture}.pooling_type", pooling));

    public void Dispose() => File.Delete(Path);

    private static void Write(BinaryWriter writer, string key, object value)
    {
        WriteText(writer, key);
        if (value is string text)
        {
            writer.Write(8u); // GGUF_TYPE_STRING
            WriteText(writer, text);
        }
        else
        {
            writer.Write(4u); // GGUF_TYPE_UINT32
            writer.Write((int)value);
        }
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }
}
