using Gateway.Exchanges;

namespace Gateway.Providers;

/// <summary>A request's body for an upstream: the bytes that came, with some of them replaced. Nothing is copied.</summary>
internal sealed class SplicedBody : ReadOnceStream
{
    private readonly ReadOnlyMemory<byte>[] _segments;
    private int _segment;
    private int _offset;
    private int _position;

    /// <param name="body">The bytes that came.</param>
    /// <param name="splices">What of them is replaced, in any order, none over another.</param>
    public SplicedBody(ReadOnlyMemory<byte> body, params ReadOnlySpan<Splice> splices)
    {
        var ordered = splices.ToArray();
        Array.Sort(ordered, static (a, b) => a.Range.Start.Value.CompareTo(b.Range.Start.Value));
        _segments = new ReadOnlyMemory<byte>[(2 * ordered.Length) + 1];
        var at = 0;
        for (var i = 0; i < ordered.Length; i++)
        {
            _segments[2 * i] = body[at..ordered[i].Range.Start];
            _segments[(2 * i) + 1] = ordered[i].Replacement;
            at = ordered[i].Range.End.GetOffset(body.Length);
        }

        _segments[^1] = body[at..];
        foreach (var segment in _segments)
        {
            Length += segment.Length;
        }
    }

    /// <summary>Is told when the body begins to leave.</summary>
    public Action? Leaving { get; set; }

    public override long Length { get; }

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        var start = _position;
        if (start == 0)
        {
            Leaving?.Invoke();
        }

        while (!buffer.IsEmpty && _segment < _segments.Length)
        {
            var rest = _segments[_segment].Span[_offset..];
            var count = Math.Min(rest.Length, buffer.Length);
            rest[..count].CopyTo(buffer);
            buffer = buffer[count..];
            _position += count;
            (_segment, _offset) = count == rest.Length ? (_segment + 1, 0) : (_segment, _offset + count);
        }

        return _position - start;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : new(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
}
