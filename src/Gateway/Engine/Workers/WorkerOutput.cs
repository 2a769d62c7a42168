using System.Buffers;
using System.Net.Sockets;
using Gateway.Exchanges;

namespace Gateway.Engine.Workers;

/// <summary>The way of an answer out of a worker: what is written to it goes as frames, behind one of the status and headers, each with what was used by then.</summary>
internal sealed class WorkerOutput(NetworkStream stream, HttpContext context) : Stream
{
    // The other side takes whole frames only, and needs memory for one.
    private const int MostData = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _frames = new();
    private bool _hasHead;

    /// <summary>The exchange that is answered; null for what is none.</summary>
    public Exchange? Exchange { get; set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_hasHead)
        {
            _hasHead = true;
            var headers = context.Response.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            WorkerFrame.WriteJson(_frames, WorkerFrameKind.Head, new WorkerHead(context.Response.StatusCode, headers));
        }

        if (Exchange?.Meter?.Invoke() is { } usage)
        {
            WorkerFrame.WriteJson(_frames, WorkerFrameKind.Usage, usage);
        }

        while (!buffer.IsEmpty)
        {
            var part = buffer[..Math.Min(buffer.Length, MostData)];
            WorkerFrame.Write(_frames, WorkerFrameKind.Data, part.Span);
            buffer = buffer[part.Length..];
            await SendAsync(cancellationToken);
        }
    }

    /// <summary>Tells how the call ended.</summary>
    public async Task EndAsync(WorkerEnd end)
    {
        WorkerFrame.WriteJson(_frames, WorkerFrameKind.End, end);
        await SendAsync(CancellationToken.None);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_frames.WrittenMemory, cancellationToken);
        _frames.ResetWrittenCount();
    }
}
