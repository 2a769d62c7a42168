using System.Buffers;
using System.Collections.Frozen;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text.Json;
using Gateway.Api;
using Gateway.Api.Tokens;
using Gateway.Exchanges;
using Gateway.Llama;
using Gateway.Residency;
using Gateway.Tenants;

namespace Gateway.Engine.Workers;

/// <summary>One call of the gateway, in the worker.</summary>
internal sealed partial class WorkerConnection(WorkerAdapters engines, TimeProvider time, ILogger logger)
{
    // Those have no meaning here: the gateway decided before it asked.
    private static readonly DataClass AnyClass = new("", 0, IsSensitive: true);
    private static readonly ResidencyPolicy NoPolicy = new(null, 0, "", []);

    private readonly ILogger _logger = logger;

    /// <summary>Serves the call that comes by a connection, until its end is told or nobody listens.</summary>
    public async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            await using var stream = new NetworkStream(socket);
            using var gone = new CancellationTokenSource();
            using var stopping = new CancellationTokenSource();
            var input = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
            var watching = Task.CompletedTask;
            try
            {
                if (await ReadCallAsync(input) is not { } received)
                {
                    return;
                }

                watching = WatchAsync(input, gone, stopping);
                var context = new DefaultHttpContext { TraceIdentifier = received.Call.Id, RequestAborted = gone.Token };
                var output = new WorkerOutput(stream, context);
                context.Response.Body = output;
                var end = await RunAsync(received.Call, received.Body, received.Length, context, output, stopping.Token);
                await output.EndAsync(end with
                {
                    Statistics = engines.Plain.Statistics,
                    Tenant = received.Call.Tenant is { Length: > 0 } tenant ? engines.Plain.Engine.TenantStatistics(tenant) : null,
                });
                socket.Shutdown(SocketShutdown.Both);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // The gateway has hung up.
                socket.Close();
            }

            await watching;
        }
    }

    private static async Task<(WorkerCall Call, byte[] Body, int Length)?> ReadCallAsync(PipeReader input)
    {
        WorkerCall? call = null;
        while (true)
        {
            var read = await input.ReadAsync();
            var arrived = read.Buffer;
            while (WorkerFrame.TryRead(ref arrived, out var kind, out var content))
            {
                if (kind == WorkerFrameKind.Call)
                {
                    call = WorkerFrame.ReadJson<WorkerCall>(content);
                }
                else if (kind == WorkerFrameKind.Body && call is not null)
                {
                    var body = ArrayPool<byte>.Shared.Rent((int)Math.Max(1, content.Length));
                    content.CopyTo(body);
                    var length = (int)content.Length;
                    input.AdvanceTo(arrived.Start);
                    return (call, body, length);
                }
            }

            input.AdvanceTo(arrived.Start, arrived.End);
            if (read.IsCompleted)
            {
                return null;
            }
        }
    }

    private static async Task WatchAsync(PipeReader input, CancellationTokenSource gone, CancellationTokenSource stopping)
    {
        try
        {
            while (true)
            {
                var read = await input.ReadAsync();
                if (!read.Buffer.IsEmpty)
                {
                    await stopping.CancelAsync();
                }

                input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // As good as its end.
        }

        await gone.CancelAsync();
    }

    private async Task<WorkerEnd> RunAsync(WorkerCall call, byte[] body, int length, HttpContext context, WorkerOutput output, CancellationToken stopping)
    {
        try
        {
            switch (call.Operation)
            {
                case WorkerOperation.LoadAdapters:
                    await engines.FindAsync(call.Adapters);
                    return new WorkerEnd();
                case WorkerOperation.FreeAdapters:
                    await engines.FreeAsync(call.Adapters);
                    return new WorkerEnd();
            }

            using var envelope = RequestEnvelopeReader.Read(body, length, out var error, needsModel: call.Operation is WorkerOperation.Answer or WorkerOperation.Measure)
                ?? throw new InvalidOperationException("The gateway sent a body that it had not read.");
            return call.Operation is WorkerOperation.Tokenize or WorkerOperation.Detokenize
                ? await CountAsync(call.Operation, envelope, context)
                : await AnswerAsync(call, envelope, context, output, stopping);
        }
        catch (LlamaLoadException e)
        {
            return new WorkerEnd { Refusal = WorkerRefusal.Of(e) };
        }
        catch (Exception e) when (e is not (IOException or SocketException))
        {
            // Its message may quote the request; its type and place do not.
            LogFault(call.Id, e.GetType().FullName, e.StackTrace);
            return new WorkerEnd { IsFault = true };
        }
    }

    private async Task<WorkerEnd> AnswerAsync(WorkerCall call, RequestEnvelope envelope, HttpContext context, WorkerOutput output, CancellationToken stopping)
    {
        // The snapshot stays with the gateway; what an engine is asked has no need of it.
        var tenant = new TenantModel(call.Tenant, FrozenSet<string>.Empty, NoPolicy) { Weight = call.Weight, Priority = call.Priority };
        var caller = new Caller(tenant, "", KeyScope.Everything, Gateway: null!, AnyClass);
        var exchange = new Exchange(call.Id, caller, ApiEndpoint.Of(call.Endpoint), time.GetTimestamp()) { Envelope = envelope };
        context.Features.Set(exchange);
        output.Exchange = exchange;
        var engine = await engines.FindAsync(call.Adapters);
        if (call.Operation == WorkerOperation.Measure)
        {
            var (input, most, _) = EngineAnswer.Measure(exchange, engine, call.Defaults!, call.CreatedAt);
            return new WorkerEnd { Input = input, Output = most };
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            await new EngineAnswer(context, exchange, engine, call.Defaults!, time, _logger).WriteAsync(call.CreatedAt, ended.Token);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // What was used until then is told.
        }
        finally
        {
            await ended.CancelAsync();
        }

        return new WorkerEnd
        {
            Outcome = exchange.Outcome,
            Failure = exchange.Failure,
            Usage = exchange.Usage,
            FirstTokenAfter = exchange.FirstTokenAt == 0 ? null : time.GetElapsedTime(exchange.StartedAt, exchange.FirstTokenAt),
        };
    }

    private async Task<WorkerEnd> CountAsync(WorkerOperation operation, RequestEnvelope envelope, HttpContext context)
    {
        using var document = JsonDocument.Parse(envelope.Body);
        ApiError? error;
        if (operation == WorkerOperation.Tokenize)
        {
            error = TokenizeRequest.Read(document.RootElement, out var unread) is { } request ? await TokenEndpoints.TokenizeAsync(context, request, engines.Plain) : unread;
        }
        else
        {
            error = DetokenizeRequest.Read(document.RootElement, out var unread) is { } request ? await TokenEndpoints.DetokenizeAsync(context, request, engines.Plain) : unread;
        }

        await (error is null ? Task.CompletedTask : ErrorResponse.WriteAsync(context, error));
        return new WorkerEnd();
    }

    [LoggerMessage(EventId = 2210, Level = LogLevel.Error, Message = "Request {RequestId} failed in the worker: {ExceptionType}\n{StackTrace}")]
    private partial void LogFault(string requestId, string? exceptionType, string? stackTrace);
}
