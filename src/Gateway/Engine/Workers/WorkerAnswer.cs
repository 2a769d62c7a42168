using System.Buffers;
using Gateway.Api;
using Gateway.Exchanges;
using Gateway.Privacy;

namespace Gateway.Engine.Workers;

/// <summary>An answer on its way from a worker to the client: as it comes, and with an end also where the worker has ended.</summary>
internal sealed class WorkerAnswer(HttpContext context, Exchange? exchange, TimeProvider time) : IDisposable
{
    private readonly long _startedAt = time.GetTimestamp();

    // What the tenant's rules say of answers; the worker knows nothing of them.
    private readonly AnswerRewriter? _rewriter = exchange is null ? null : AnswerRewriter.Of(exchange);
    private readonly CancellationTokenSource _refused = new();

    // Waits for the rest of its line, or of the whole answer, to be looked at.
    private readonly ArrayBufferWriter<byte> _held = new();

    // The end of what the client got, to tell whether an event is ended there.
    private readonly byte[] _tail = new byte[2];
    private WorkerHead? _head;
    private bool _holds;
    private bool _hasData;

    /// <summary>Cancelled when the answer may not go on: the worker need not finish it.</summary>
    public CancellationToken Refused => _refused.Token;

    /// <summary>Takes a frame of the answer. What it says goes out with <see cref="FlushAsync"/>.</summary>
    public void Take(WorkerFrameKind kind, in ReadOnlySequence<byte> content)
    {
        switch (kind)
        {
            case WorkerFrameKind.Usage:
                exchange?.Usage = WorkerFrame.ReadJson<Usage>(content);
                break;
            case WorkerFrameKind.Head:
                _head = WorkerFrame.ReadJson<WorkerHead>(content);

                // What the worker refuses is told as it is.
                _holds = _rewriter is not null && _head.Status == StatusCodes.Status200OK;
                break;
            case WorkerFrameKind.Data when context.RequestAborted.IsCancellationRequested || _refused.IsCancellationRequested:
                break;
            case WorkerFrameKind.Data when _holds:
                foreach (var segment in content)
                {
                    _held.Write(segment.Span);
                }

                if (exchange!.Envelope.Stream)
                {
                    TellLines(isLast: false);
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
        exchange?.Usage = end.Usage;
        if (_refused.IsCancellationRequested)
        {
            return;
        }

        if (_holds && !context.RequestAborted.IsCancellationRequested)
        {
            await TellRestAsync();
        }

        if (_refused.IsCancellationRequested)
        {
            return;
        }

        if (end.FirstTokenAfter is { } elapsed)
        {
            exchange?.MarkFirstToken(_startedAt + (long)(elapsed.TotalSeconds * time.TimestampFrequency));
        }

        if (end.Outcome != ExchangeOutcome.Ok)
        {
            exchange?.Fail(end.Outcome, end.Failure);
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
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has left; what was used until then is still to come.
        }
    }

    /// <summary>Tells the client that the answer ends here: a 503 where none had begun, if no other deployment makes it good.</summary>
    public async Task BreakOffAsync(ApiError error)
    {
        exchange!.FailUpstream(down: true, error);
        if (!context.Response.HasStarted)
        {
            // The body is written at the outermost layer, if no other deployment has answered by then.
            exchange.Usage = null;
            context.Response.StatusCode = error.Status;
        }
        else if (exchange.Envelope.Stream)
        {
            await context.Response.BodyWriter.WriteAsync(ErrorResponse.ToEvent(error, newEvent: !_tail.AsSpan().SequenceEqual("\n\n"u8)), context.RequestAborted);
        }
        else
        {
            // The rest is missing, which the client is to see.
            context.Abort();
        }
    }

    public void Dispose() => _refused.Dispose();

    private async Task TellRestAsync()
    {
        if (exchange!.Envelope.Stream)
        {
            TellLines(isLast: true);
        }
        else if (_held.WrittenCount > 0)
        {
            var changed = _rewriter!.Rewrite(_held.WrittenMemory);
            if (_rewriter.Refusal is { } refusal)
            {
                await _refused.CancelAsync();
                await exchange.RefuseAsync(context, refusal);
                return;
            }

            TakeHead();
            TakeData(new ReadOnlySequence<byte>(changed));
        }

        await FlushAsync();
    }

    // As far as whole lines have come.
    private void TellLines(bool isLast)
    {
        var whole = isLast ? _held.WrittenCount : _held.WrittenSpan.LastIndexOf((byte)'\n') + 1;
        var lines = _held.WrittenMemory[..whole];
        TakeHead();
        _rewriter!.RewriteLines(lines, context.Response.BodyWriter);
        if (isLast)
        {
            _rewriter.Complete(context.Response.BodyWriter);
        }

        if (lines.Length >= _tail.Length)
        {
            lines.Span[^_tail.Length..].CopyTo(_tail);
        }

        var rest = _held.WrittenSpan[whole..].ToArray();
        _held.ResetWrittenCount();
        _held.Write(rest);
        _hasData = true;
        if (_rewriter.Refusal is { } refusal)
        {
            exchange!.Fail(ExchangeOutcome.Refused, refusal);
            context.Response.BodyWriter.Write(ErrorResponse.ToEvent(refusal).Span);
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
        context.Response.StatusCode = head.Status;
        foreach (var (name, value) in head.Headers)
        {
            context.Response.Headers[name] = value;
        }

        // Of an answer in one piece the worker knows when it began.
        if (exchange is { Envelope.Stream: true } && head.Status == StatusCodes.Status200OK)
        {
            exchange.MarkFirstToken(time);
        }
    }

    private void TakeData(in ReadOnlySequence<byte> content)
    {
        foreach (var segment in content)
        {
            context.Response.BodyWriter.Write(segment.Span);
            _hasData = true;
        }

        var end = content.Slice(Math.Max(0, content.Length - _tail.Length));
        if (end.Length == _tail.Length)
        {
            end.CopyTo(_tail);
        }
    }
}
