using System.IO.Pipelines;
using System.Net.Sockets;

namespace Gateway.Engine.Workers;

/// <summary>Sends a call to a worker, and takes what comes back.</summary>
internal static class WorkerClient
{
    // A worker hears at once that a client has left, and then tells what was used; one that hangs is not waited for.
    private static readonly TimeSpan PatienceAfterClient = TimeSpan.FromSeconds(2);

    /// <param name="process">The worker.</param>
    /// <param name="call">What is asked for.</param>
    /// <param name="body">The request's body.</param>
    /// <param name="answer">Takes the answer; null for a call that has none.</param>
    /// <param name="stopping">Asks the worker to end the answer with an error.</param>
    /// <param name="gone">Tells the worker that nobody waits for the answer any more.</param>
    /// <returns>How the call ended; null when the worker ended before.</returns>
    public static async Task<WorkerEnd?> AskAsync(
        WorkerProcess process, WorkerCall call, ReadOnlyMemory<byte> body, WorkerAnswer? answer, CancellationToken stopping, CancellationToken gone)
    {
        using var limit = new CancellationTokenSource();
        try
        {
            using var socket = await process.ConnectAsync(gone);
            await using var stream = new NetworkStream(socket);
            await SendAsync(stream, call, body, gone);
            await using var onStop = stopping.Register(static s => SendStop((Socket)s!), socket);
            await using var onGone = gone.Register(() =>
            {
                Shutdown(socket);
                limit.CancelAfter(PatienceAfterClient);
            });
            return await ReadAsync(stream, answer, limit.Token);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return null;
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            return null;
        }
    }

    private static async Task SendAsync(NetworkStream stream, WorkerCall call, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var output = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        WorkerFrame.WriteJson(output, WorkerFrameKind.Call, call);
        WorkerFrame.Write(output, WorkerFrameKind.Body, body.Span);
        await output.FlushAsync(cancellationToken);
        await output.CompleteAsync();
    }

    private static async Task<WorkerEnd?> ReadAsync(NetworkStream stream, WorkerAnswer? answer, CancellationToken cancellationToken)
    {
        var input = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var arrived = read.Buffer;
            while (WorkerFrame.TryRead(ref arrived, out var kind, out var content))
            {
                if (kind == WorkerFrameKind.End)
                {
                    var end = WorkerFrame.ReadJson<WorkerEnd>(content);
                    await (answer?.FlushAsync() ?? Task.CompletedTask);
                    await (answer?.TakeEndAsync(end) ?? Task.CompletedTask);
                    return end;
                }

                answer?.Take(kind, content);
            }

            input.AdvanceTo(arrived.Start, arrived.End);
            await (answer?.FlushAsync() ?? Task.CompletedTask);
            if (read.IsCompleted)
            {
                return null;
            }
        }
    }

    private static void SendStop(Socket socket)
    {
        try
        {
            var frame = new System.Buffers.ArrayBufferWriter<byte>(8);
            WorkerFrame.Write(frame, WorkerFrameKind.Stop, []);
            socket.Send(frame.WrittenSpan);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The call is over.
        }
    }

    private static void Shutdown(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The call is over.
        }
    }
}
