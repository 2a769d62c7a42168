using System.Buffers;
using Gateway.Api;
using Gateway.Exchanges;

namespace Gateway.Privacy;

/// <summary>An upstream's event stream as the client gets it, its texts changed on the way.</summary>
/// <param name="inner">Ends with an event, or with the error that broke it off.</param>
/// <param name="rewriter">What changes it.</param>
/// <param name="exchange">Is told when the answer may not go on.</param>
internal sealed class RewrittenStream(Stream inner, AnswerRewriter rewriter, Exchange exchange) : Stream
{
    // An event is one line, and has to be whole before anything of it can be told. Arguments of tools and images come in one event at some upstreams.
    private const int LongestLine = 16 * 1024 * 1024;

    // What YARP reads with; the stream within counts on the room.
    private const int ChunkSize = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _told = new();
    private byte[] _chunk = ArrayPool<byte>.Shared.Rent(ChunkSize);
    private byte[] _lines = [];
    private int _length;
    private int _sent;
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_sent == _told.WrittenCount)
        {
            _told.ResetWrittenCount();
            _sent = 0;
            if (_ended)
            {
                return 0;
            }

            if (buffer.IsEmpty)
            {
                // YARP waits that way for data without holding a buffer.
                return await inner.ReadAsync(buffer, cancellationToken);
            }

            var read = await inner.ReadAsync(_chunk, cancellationToken);
            Append(_chunk.AsSpan(0, read));
            Tell(isLast: read == 0);
        }

        var count = Math.Min(buffer.Length, _told.WrittenCount - _sent);
        _told.WrittenMemory.Slice(_sent, count).CopyTo(buffer);
        _sent += count;
        return count;
    }

    private void Tell(bool isLast)
    {
        var whole = isLast ? _length : _lines.AsSpan(0, _length).LastIndexOf((byte)'\n') + 1;
        if (whole == 0 && _length > LongestLine)
        {
            End(ApiError.AnswerTooLong);
            return;
        }

        rewriter.RewriteLines(_lines.AsMemory(0, whole), _told);
        _lines.AsSpan(whole.._length).CopyTo(_lines);
        _length -= whole;
        if (isLast)
        {
            rewriter.Complete(_told);
            _ended = true;
        }

        if (rewriter.Refusal is { } refusal)
        {
            End(refusal);
        }
    }

    private void End(ApiError error)
    {
        exchange.Fail(ExchangeOutcome.Refused, error);
        _told.Write(ErrorResponse.ToEvent(error).Span);
        _ended = true;
    }

    private void Append(ReadOnlySpan<byte> chunk)
    {
        if (_lines.Length - _length < chunk.Length)
        {
            Array.Resize(ref _lines, Math.Max(_length + chunk.Length, _lines.Length * 2));
        }

        chunk.CopyTo(_lines.AsSpan(_length));
        _length += chunk.Length;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            if (Interlocked.Exchange(ref _chunk, []) is { Length: > 0 } rented)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }

        base.Dispose(disposing);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
