using System.Buffers.Binary;

namespace Gateway.Llama.Gguf;

/// <summary>
/// A GGUF file: its header, metadata and tensor infos, read without libllama and in bounded memory. Format:
/// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
/// </summary>
public sealed class GgufFile : IDisposable
{
    private readonly Stream _stream;

    internal GgufFile(Stream stream, long length)
    {
        _stream = stream;
        Length = length;
    }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    /// <summary>Version of the format; 0 when the file is none.</summary>
    public uint Version { get; internal set; }

    /// <summary>What tensors' offsets are multiples of.</summary>
    public uint Alignment { get; internal set; } = GgufLimits.DefaultAlignment;

    /// <summary>Where the data of the tensors begins; 0 when the file is broken before.</summary>
    public long DataPosition { get; internal set; }

    /// <summary>Bytes of all tensors.</summary>
    public long DataLength => Length - DataPosition;

    /// <summary>The metadata by key, as far as it could be read.</summary>
    public IReadOnlyDictionary<string, GgufValue> Metadata => Values;

    /// <summary>The tensors in the order of the file, as far as they could be read.</summary>
    public IReadOnlyList<GgufTensor> Tensors => TensorList;

    /// <summary>What is wrong with the file's structure; what it means is for <see cref="GgufChecker"/>.</summary>
    public IReadOnlyList<GgufProblem> Problems => Found.List;

    /// <summary>Whether all of the metadata could be read, so that a key that is not there is missing.</summary>
    internal bool HasAllMetadata { get; set; }

    /// <summary>Whether all tensor infos could be read.</summary>
    internal bool HasAllTensors { get; set; }

    internal GgufProblems Found { get; } = new();

    internal Dictionary<string, GgufValue> Values { get; } = new(StringComparer.Ordinal);

    internal List<GgufTensor> TensorList { get; } = [];

    /// <summary>Opens and reads a file. A file that is not a GGUF file, or broken, has <see cref="Problems"/>.</summary>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is a folder.</exception>
    public static GgufFile Open(string path)
    {
        // The buffer is the cursor's.
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        try
        {
            if (!stream.CanSeek)
            {
                throw new IOException("it is a device or a pipe, not a file");
            }

            return Read(stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Reads a file that is open. The stream must have a length, and is disposed with what is returned.</summary>
    public static GgufFile Read(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var file = new GgufFile(stream, stream.Length);
        new GgufReader(file).Read();
        return file;
    }

    /// <summary>A string of the metadata; null when the key is missing or of another type.</summary>
    public string? Text(string key) => Values.GetValueOrDefault(key)?.Text;

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    /// <summary>
    /// A name by which libllama opens the very file that was checked, even where another has taken its path since; null where the system has
    /// none.
    /// </summary>
    internal string? NameOfOpenFile => OperatingSystem.IsLinux() && _stream is FileStream { SafeFileHandle: { IsInvalid: false } handle }
        && $"/proc/self/fd/{handle.DangerousGetHandle()}" is var name && File.Exists(name) ? name : null;

    internal bool TryReadAt(long position, Span<byte> target)
    {
        _stream.Position = position;
        return _stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) == target.Length;
    }

    internal ByteCursor CursorAt(long position) => new(_stream, position, Length);

    /// <summary>The strings of an array, one after the other.</summary>
    internal IEnumerable<byte[]> Strings(GgufValue array)
    {
        if (array is not { Type: GgufValueType.Array, ElementType: GgufValueType.Text })
        {
            yield break;
        }

        var cursor = CursorAt(array.Position);
        for (var i = 0L; i < array.Count && cursor.TryReadUInt64(out var length); i++)
        {
            var text = new byte[length];
            if (!cursor.TryRead(text))
            {
                yield break;
            }

            yield return text;
        }
    }

    /// <summary>The first numbers of an array; integers of 64 bits may lose their last digits.</summary>
    internal double[] Numbers(GgufValue array, int most)
    {
        var size = GgufValueTypes.SizeOf(array.ElementType);
        if (array.Type != GgufValueType.Array || size == 0)
        {
            return [];
        }

        var numbers = new double[Math.Min(array.Count, most)];
        var cursor = CursorAt(array.Position);
        Span<byte> bytes = stackalloc byte[8];
        for (var i = 0; i < numbers.Length; i++)
        {
            bytes.Clear();
            if (!cursor.TryRead(bytes[..size]))
            {
                return numbers[..i];
            }

            var value = new GgufValue(array.ElementType, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            numbers[i] = value.Number ?? (value.Flag == true ? 1 : 0);
        }

        return numbers;
    }

    /// <summary>The bytes of an array of bytes.</summary>
    internal byte[] Bytes(GgufValue array)
    {
        var bytes = new byte[array.Count];
        return CursorAt(array.Position).TryRead(bytes) ? bytes : [];
    }
}
