using System.Buffers;
using Gateway.Exchanges;
using Gateway.Providers;

namespace Gateway.Privacy;

/// <summary>An upstream's event stream as the client gets it, its texts changed on the way.</summary>
/// <param name="inner">Ends with an event, or with the error that broke it off.</param>
/// <param name="rewriter">What changes it.</param>
/// <param name="exchange">Is told when the answer may not go on.</param>
internal sealed class RewrittenStream(Stream inner, AnswerRewriter rewriter, Exchange exchange) : ReadOnceStream
{
    // What YARP reads with; the stream within counts on the room.
    private const int ChunkSize = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _told = new();
    private readonly RewrittenLines _lines = new(rewriter, exchange);
    private byte[] _chunk = ArrayPool<byte>.Shared.Rent(ChunkSize);
    private int _sent;
    private bool _ended;

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
            _lines.Append(_chunk.AsSpan(0, read));
            _ended = !_lines.Tell(_told, isLast: read == 0) || read == 0;
        }

        var count = Math.Min(buffer.Length, _told.WrittenCount - _sent);
        _told.WrittenMemory.Slice(_sent, count).CopyTo(buffer);
        _sent += count;
        return count;
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
}
