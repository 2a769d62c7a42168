using System.Buffers;
using Gateway.Api;
using Gateway.Exchanges;
using Gateway.Privacy;

namespace Gateway.Engine.Workers;

/// <summary>An answer on its way from a worker to the client: as it comes, and with an end also where the worker has ended.</summary>
internal sealed class WorkerAnswer : IDisposable
{
    private readonly HttpContext _context;
    private readonly Exchange? _exchange;
    private readonly TimeProvider _time;
    private readonly long _startedAt;

    // What the tenant's rules say of answers; the worker knows nothing of them.
    private readonly AnswerRewriter? _rewriter;
    private readonly RewrittenLines? _lines;
    private readonly CancellationTokenSource _refused = new();

    // What is looked at when all of it is there: an answer in one piece.
    private readonly ArrayBufferWriter<byte> _whole = new();

    // The end of what the client got, to tell whether an event is ended there.
    private readonly byte[] _tail = new byte[2];
    private WorkerHead? _head;
    private bool _holds;
    private bool _hasData;

    public WorkerAnswer(HttpContext context, Exchange? exchange, TimeProvider time)
    {
        (_context, _exchange, _time, _startedAt) = (context, exchange, time, time.GetTimestamp());
        _rewriter = exchange is null ? null : AnswerRewriter.Of(exchange);
        _lines = _rewriter is not null && exchange!.Envelope.Stream ? new RewrittenLines(_rewriter, exchange) : null;
    }

    /// <summary>Cancelled when the answer may not go on: the worker need not finish it.</summary>
    public CancellationToken Refused => _refused.Token;

    /// <summary>Takes a frame of the answer. What it says goes out with <see cref="FlushAsync"/>.</summary>
    public void Take(WorkerFrameKind kind, in ReadOnlySequence<byte> content)
    {
        switch (kind)
        {
            case WorkerFrameKind.Usage:
                _exchange?.Usage = WorkerFrame.ReadJson<Usage>(content);
                break;
            case WorkerFrameKind.Head:
                _head = WorkerFrame.ReadJson<WorkerHead>(content);

                // What the worker refuses is told as it is.
                _holds = _rewriter is not null && _head.Status == StatusCodes.Status200OK;
                break;
            case WorkerFrameKind.Data when _context.RequestAborted.IsCancellationRequested || _refused.IsCancellationRequested:
                break;
            case WorkerFrameKind.Data when _holds && _lines is not null:
                foreach (var segment in content)
                {
                    _lines.Append(segment.Span);
                }

                TellLines(isLast: false);
                break;
            case WorkerFrameKind.Data when _holds:
                foreach (var segment in content)
                {
                    _whole.Write(segment.Span);
                }

                break;
            case WorkerFrameKind.Data:
                TakeHead();
                TakeData(content);
                break;
        }
    }

    /// <summary>Takes the end of the call.</summary>
    public async Task TakeEndAsync(WorkerEnd end)
    {
        _exchange?.Usage = end.Usage;
        if (_holds && !_refused.IsCancellationRequested && !_context.RequestAborted.IsCancellationRequested)
        {
            await TellRestAsync();
        }

        if (_refused.IsCancellationRequested)
        {
            return;
        }

        if (end.FirstTokenAfter is { } elapsed)
        {
            _exchange?.MarkFirstToken(_startedAt + (long)(elapsed.TotalSeconds * _time.TimestampFrequency));
        }

        if (end.Outcome != ExchangeOutcome.Ok)
        {
            _exchange?.Fail(end.Outcome, end.Failure);
        }
    }

    public async Task FlushAsync()
    {
        if (!_hasData)
        {
            return;
        }

        _hasData = false;
        try
        {
            await _context.Response.BodyWriter.FlushAsync(_context.RequestAborted);
        }
        catch (OperationCanceledException) when (_context.RequestAborted.IsCancellationRequested)
        {
            // The client has left; what was used until then is still to come.
        }
    }

    /// <summary>Tells the client that the answer ends here: a 503 where none had begun, if no other deployment makes it good.</summary>
    public async Task BreakOffAsync(ApiError error)
    {
        _exchange!.FailUpstream(down: true, error);
        if (!_context.Response.HasStarted)
        {
            // The body is written at the outermost layer, if no other deployment has answered by then.
            _exchange.Usage = null;
            _context.Response.StatusCode = error.Status;
        }
        else if (_exchange.Envelope.Stream)
        {
            await _context.Response.BodyWriter.WriteAsync(ErrorResponse.ToEvent(error, newEvent: _holds && _lines is not null ? _lines.IsInEvent : !_tail.AsSpan().SequenceEqual("\n\n"u8)), _context.RequestAborted);
        }
        else
        {
            // The rest is missing, which the client is to see.
            _context.Abort();
        }
    }

    public void Dispose() => _refused.Dispose();

    private async Task TellRestAsync()
    {
        if (_lines is not null)
        {
            TellLines(isLast: true);
        }
        else if (_whole.WrittenCount > 0)
        {
            var changed = _rewriter!.Rewrite(_whole.WrittenMemory);
            if (_rewriter.Refusal is { } refusal)
            {
                await _refused.CancelAsync();
                await _exchange!.RefuseAsync(_context, refusal);
                return;
            }

            TakeHead();
            TakeData(new ReadOnlySequence<byte>(changed));
        }

        await FlushAsync();
    }

    private void TellLines(bool isLast)
    {
        TakeHead();
        _hasData = true;
        if (!_lines!.Tell(_context.Response.BodyWriter, isLast))
        {
            _refused.Cancel();
        }
    }

    // Not before there is something to send: until then another deployment may answer.
    private void TakeHead()
    {
        if (_head is not { } head)
        {
            return;
        }

        _head = null;
        _context.Response.StatusCode = head.Status;
        foreach (var (name, value) in head.Headers)
        {
            _context.Response.Headers[name] = value;
        }

        // Of an answer in one piece the worker knows when it began.
        if (_exchange is { Envelope.Stream: true } && head.Status == StatusCodes.Status200OK)
        {
            _exchange.MarkFirstToken(_time);
        }
    }

    private void TakeData(in ReadOnlySequence<byte> content)
    {
        foreach (var segment in content)
        {
            _context.Response.BodyWriter.Write(segment.Span);
            _hasData = true;
        }

        var end = content.Slice(Math.Max(0, content.Length - _tail.Length));
        if (end.Length == _tail.Length)
        {
            end.CopyTo(_tail);
        }
    }
}
