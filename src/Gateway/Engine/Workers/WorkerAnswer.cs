using System.Buffers;
using Gateway.Api;
using Gateway.Exchanges;

namespace Gateway.Engine.Workers;

/// <summary>An answer on its way from a worker to the client: as it comes, and with an end also where the worker has ended.</summary>
internal sealed class WorkerAnswer(HttpContext context, Exchange? exchange, TimeProvider time)
{
    private readonly long _startedAt = time.GetTimestamp();

    // The end of what the client got, to tell whether an event is ended there.
    private readonly byte[] _tail = new byte[2];
    private WorkerHead? _head;
    private bool _hasData;

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
                break;
            case WorkerFrameKind.Data when !context.RequestAborted.IsCancellationRequested:
                TakeHead();
                TakeData(content);
                break;
        }
    }

    /// <summary>Takes the end of the call.</summary>
    public void TakeEnd(WorkerEnd end)
    {
        exchange?.Usage = end.Usage;
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
