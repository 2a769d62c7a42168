using System.Buffers.Binary;

namespace Gateway.Llama.Gguf;

/// <summary>Walks through a file with a buffer of its own. Nothing is taken that lies behind the file's end.</summary>
internal sealed class ByteCursor(Stream stream, long position, long length)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>Bytes from the beginning of the file.</summary>
    public long Position { get; private set; } = position;

    public long Remaining => length - Position;

    public bool TryReadUInt32(out uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        var read = TryRead(bytes);
        value = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        return read;
    }

    public bool TryReadUInt64(out ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        var read = TryRead(bytes);
        value = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return read;
    }

    public bool TrySkip(long bytes)
    {
        if (bytes > Remaining)
        {
            return false;
        }

        var buffered = Math.Min(bytes, _end - _start);
        _start += (int)buffered;
        Position += bytes;
        return true;
    }

    public bool TryRead(Span<byte> target)
    {
        target.Clear();
        if (target.Length > Remaining)
        {
            return false;
        }

        while (!target.IsEmpty)
        {
            if (_start == _end && !TryFill())
            {
                return false;
            }

            var take = Math.Min(target.Length, _end - _start);
            _buffer.AsSpan(_start, take).CopyTo(target);
            _start += take;
            Position += take;
            target = target[take..];
        }

        return true;
    }

    // False where the file became shorter since its length was taken.
    private bool TryFill()
    {
        stream.Position = Position;
        _start = 0;
        _end = stream.Read(_buffer);
        return _end > 0;
    }
}
