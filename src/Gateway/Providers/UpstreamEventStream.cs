using Gateway.Api;
using Gateway.Exchanges;

namespace Gateway.Providers;

/// <summary>
/// An upstream's event stream on its way to the client: chunk for chunk as it comes. When the upstream breaks off or falls silent, an error
/// event ends the stream, so that clients do not take half an answer for a whole one.
/// </summary>
internal sealed class UpstreamEventStream : ReadOnceStream
{
    // A line that is not yet whole waits for its end, up to this length.
    private const int MaxHeld = 32 * 1024;

    private readonly Stream _inner;
    private readonly Exchange _exchange;
    private readonly Upstream _upstream;
    private readonly TimeProvider _time;
    private readonly CancellationToken _clientGone;
    private readonly CancellationTokenSource _silence;
    private readonly CancellationTokenRegistration _clientGoneRegistration;
    private readonly EventTail _tail = new();
    private readonly StreamedText _text;
    private byte[] _held = [];
    private ReadOnlyMemory<byte> _last;
    private bool _waiting;
    private bool _ended;

    public UpstreamEventStream(Stream inner, Exchange exchange, Upstream upstream, TimeProvider time, CancellationToken clientGone)
    {
        _inner = inner;
        _exchange = exchange;
        _upstream = upstream;
        _time = time;
        _clientGone = clientGone;
        _silence = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _text = new StreamedText(withholdUsage: upstream.AsksForUsage(exchange));
        exchange.Meter = MeasureUsage;
        _clientGoneRegistration = clientGone.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), _silence);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_ended)
        {
            var count = await ReadUpstreamAsync(buffer);
            if (count > 0 || !_ended)
            {
                return count;
            }
        }

        var last = Math.Min(_last.Length, buffer.Length);
        _last[..last].CopyTo(buffer);
        _last = _last[last..];
        return last;
    }

    // Returns 0 for an empty buffer too: YARP waits that way for data without holding a buffer.
    private async ValueTask<int> ReadUpstreamAsync(Memory<byte> buffer)
    {
        try
        {
            while (true)
            {
                if (!_waiting)
                {
                    // From here on to the next whole line, in however many pieces it drips in: YARP's own time-out, which would reset the
                    // connection instead of ending the stream with an event, runs from here too, and a little longer.
                    _waiting = true;
                    _silence.CancelAfter(_upstream.Timeout);
                }

                var held = buffer.IsEmpty ? 0 : _held.Length;
                var read = await _inner.ReadAsync(buffer[held..], _silence.Token);
                if (buffer.IsEmpty)
                {
                    return 0;
                }

                _held.CopyTo(buffer);
                _held = [];
                if (read == 0)
                {
                    _tail.Append(buffer.Span[..held]);
                    held = _text.Pass(buffer.Span[..held]);
                    return Complete() ? held : 0;
                }

                var count = Pass(buffer.Span[..(held + read)]);
                if (count > 0)
                {
                    // Until the next read it is the client that may take its time.
                    _waiting = false;
                    _silence.CancelAfter(Timeout.InfiniteTimeSpan);
                    return count;
                }
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            Break(UpstreamErrors.ClosedEarly(_upstream));
        }
        catch (OperationCanceledException) when (!_clientGone.IsCancellationRequested)
        {
            Break(UpstreamErrors.TimedOut(_upstream));
        }

        return 0;
    }

    // Whole lines only: the client never sees half an event before an error event, nor a key that arrives in two parts.
    private int Pass(Span<byte> chunk)
    {
        // A comment, as some upstreams send to keep the connection, is no token.
        if (_exchange.FirstTokenAt == 0 && chunk.IndexOf("data:"u8) >= 0)
        {
            _exchange.MarkFirstToken(_time);
        }

        KeyMask.Apply(chunk, _upstream.ApiKeyBytes.Span);
        var whole = chunk.LastIndexOf((byte)'\n') + 1;
        if (chunk.Length - whole > MaxHeld)
        {
            // All but what may be the beginning of a key.
            whole = chunk.Length - Math.Max(0, _upstream.ApiKeyBytes.Length - 1);
        }

        _held = whole == chunk.Length ? [] : chunk[whole..].ToArray();
        _tail.Append(chunk[..whole]);
        return _text.Pass(chunk[..whole]);
    }

    // What the upstream reported; else what went by, counted.
    private Usage MeasureUsage() => _tail.Usage ?? TokenEstimate.Of(_exchange.Outgoing.Body.Span, _text.Characters);

    private bool Complete()
    {
        if (_tail.HasError)
        {
            _exchange.FailUpstream(down: false);
        }
        else if (!_tail.IsComplete)
        {
            // Without a length or chunks, the end of a connection looks like the end of an answer.
            Break(UpstreamErrors.ClosedEarly(_upstream));
            return false;
        }

        _ended = true;
        return true;
    }

    private void Break(ApiError error)
    {
        _exchange.FailUpstream(down: true, error);
        _last = ErrorResponse.ToEvent(error, newEvent: !_tail.EndsEvent);
        _ended = true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _clientGoneRegistration.Dispose();
            _silence.Dispose();
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
