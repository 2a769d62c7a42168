namespace Gateway.Providers;

/// <summary>A request's body for an upstream: the bytes that came, with the model's name replaced. Nothing is copied.</summary>
/// <param name="body">The bytes that came.</param>
/// <param name="range">What of them is replaced.</param>
/// <param name="replacement">What stands there instead.</param>
internal sealed class SplicedBody(ReadOnlyMemory<byte> body, Range range, ReadOnlyMemory<byte> replacement) : Stream
{
    private readonly ReadOnlyMemory<byte> _head = body[..range.Start];
    private readonly ReadOnlyMemory<byte> _tail = body[range.End..];
    private int _position;

    /// <summary>The body as it came.</summary>
    public SplicedBody(ReadOnlyMemory<byte> body)
        : this(body, ..0, default)
    {
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => _head.Length + replacement.Length + _tail.Length;

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
        if (position < _head.Length)
        {
            return _head[position..];
        }

        position -= _head.Length;
        if (position < replacement.Length)
        {
            return replacement[position..];
        }

        position -= replacement.Length;
        return _tail[Math.Min(position, _tail.Length)..];
    }
}
