using Gateway.Api;
using Gateway.Engine.Workers;
using Gateway.Exchanges;
using Microsoft.Extensions.Options;

namespace Gateway.Engine;

/// <summary>Answers <c>local://</c> destinations, in this process or by a worker; all others go on to YARP's forwarder.</summary>
#pragma warning disable CA1001 // The token source lasts as long as the process.
internal sealed class EngineMiddleware
#pragma warning restore CA1001
{
    // Of the time that answers have when the gateway stops: what is left is for telling their clients.
    private const double ShareOfShutdown = 0.8;

    private readonly RequestDelegate _next;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();

    public EngineMiddleware(
        RequestDelegate next, TimeProvider time, IHostApplicationLifetime lifetime, IOptions<HostOptions> host, ILogger<EngineMiddleware> logger)
    {
        _next = next;
        _time = time;
        _logger = logger;
        lifetime.ApplicationStopping.Register(() => _stopping.CancelAfter(host.Value.ShutdownTimeout * ShareOfShutdown));
    }

    public Task InvokeAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        if (proxy.AvailableDestinations is not [var destination, ..])
        {
            return _next(context);
        }

        var exchange = context.GetExchange();
        var deployment = exchange.Model!.Deployments[destination.DestinationId];
        exchange.Deployment = deployment;
        if (deployment.Local is not { } local)
        {
            return _next(context);
        }

        proxy.ProxiedDestination = destination;
        return AnswerAsync(context, exchange, local);
    }

    private async Task AnswerAsync(HttpContext context, Exchange exchange, LocalModel local)
    {
        // Whatever ends this method, generations still running end with it and free their cells.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        if (await LoadAsync(context, exchange, local, ended.Token) is not { } engine)
        {
            return;
        }

        try
        {
            await AnswerAsync(context, exchange, local.Defaults, engine, ended);
        }
        finally
        {
            exchange.EndLease();
        }
    }

    private async Task AnswerAsync(HttpContext context, Exchange exchange, AnswerDefaults defaults, LoadedEngine engine, CancellationTokenSource ended)
    {
        if (engine.Info.Task != exchange.Endpoint.Task)
        {
            await exchange.RefuseAsync(context, WrongTask.Of(exchange, engine.Info.Task));
            return;
        }

        var createdAt = _time.GetUtcNow().ToUnixTimeSeconds();
        if (engine is WorkerEngine worker)
        {
            await worker.AnswerAsync(context, exchange, defaults, createdAt, _stopping.Token);
            return;
        }

        try
        {
            await new EngineAnswer(context, exchange, (InProcessEngine)engine, defaults, _time, _logger).WriteAsync(createdAt, ended.Token);
        }
        finally
        {
            await ended.CancelAsync();
        }
    }

    private static async Task<LoadedEngine?> LoadAsync(HttpContext context, Exchange exchange, LocalModel local, CancellationToken ended)
    {
        try
        {
            var (lease, error) = await exchange.LeaseAsync(local.Engine, ended);
            if (error is null)
            {
                return lease.Loaded;
            }

            // The body is written at the outermost layer, if no other deployment has answered by then.
            context.Response.StatusCode = error.Status;
            exchange.FailUpstream(down: true, error);
            return null;
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await exchange.RefuseAsync(context, ApiError.Stopping);
            return null;
        }
    }
}
