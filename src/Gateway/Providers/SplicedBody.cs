namespace Gateway.Providers;

/// <summary>A request's body for an upstream: the bytes that came, with the model's name replaced. Nothing is copied.</summary>
internal sealed class SplicedBody(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> middle, ReadOnlyMemory<byte> tail) : Stream
{
    private int _position;

    /// <summary>The body as it came.</summary>
    public SplicedBody(ReadOnlyMemory<byte> body)
        : this(body, default, default)
    {
    }

    /// <summary>The body with <paramref name="range"/> replaced.</summary>
    public SplicedBody(ReadOnlyMemory<byte> body, Range range, ReadOnlyMemory<byte> replacement)
        : this(body[..range.Start], replacement, body[range.End..])
    {
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => head.Length + middle.Length + tail.Length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        var start = _position;
        while (!buffer.IsEmpty && Rest() is { IsEmpty: false } rest)
        {
            var count = Math.Min(rest.Length, buffer.Length);
            rest.Span[..count].CopyTo(buffer);
            buffer = buffer[count..];
            _position += count;
        }

        return _position - start;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : new(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    // What is left of the segment that the position stands in.
    private ReadOnlyMemory<byte> Rest()
    {
        var position = _position;
        if (position < head.Length)
        {
            return head[position..];
        }

        position -= head.Length;
        if (position < middle.Length)
        {
            return middle[position..];
        }

        position -= middle.Length;
        return tail[Math.Min(position, tail.Length)..];
    }
}
