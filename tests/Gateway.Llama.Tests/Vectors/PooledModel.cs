using System.Buffers.Binary;
using System.Text;

namespace Gateway.Llama.Tests.Vectors;

/// <summary>A GGUF file with a pooling written into it, as embedding models that were made of generating ones have (Qwen3-Embedding).</summary>
internal sealed class PooledModel : IDisposable
{
    private const int HeaderLength = 24; // magic, version, number of tensors, number of keys
    private const int Alignment = 32;
    private const uint TypeUInt32 = 4;

    public PooledModel(string file, string architecture, int pooling)
    {
        var source = File.ReadAllBytes(TestModels.Tiny(file));
        var added = Key($"{architecture}.pooling_type", pooling);

        // A second key fills up to a multiple of the alignment, so that the tensors lie where they lay, that much further on.
        var padding = Alignment - ((added.Length + Key("", 0).Length) % Alignment);
        added = [.. added, .. Key(new string('p', padding), 0)];
        BinaryPrimitives.WriteUInt64LittleEndian(source.AsSpan(16), BinaryPrimitives.ReadUInt64LittleEndian(source.AsSpan(16)) + 2);
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"{Guid.NewGuid():N}.gguf");
        File.WriteAllBytes(Path, [.. source[..HeaderLength], .. added, .. source[HeaderLength..]]);
    }

    public string Path { get; }

    public void Dispose() => File.Delete(Path);

    private static byte[] Key(string name, int value)
    {
        var bytes = new byte[8 + name.Length + 4 + 4];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)name.Length);
        Encoding.ASCII.GetBytes(name, bytes.AsSpan(8));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8 + name.Length), TypeUInt32);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12 + name.Length), value);
        return bytes;
    }
}
