using Gateway.Api;
using Gateway.Exchanges;
using Gateway.Llama;
using Gateway.Tenants;
using Microsoft.Extensions.Options;

namespace Gateway.Engine;

/// <summary>Answers <c>local://</c> destinations in this process; all others go on to YARP's forwarder.</summary>
#pragma warning disable CA1001 // The token source lasts as long as the process.
internal sealed partial class EngineMiddleware
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

        if (engine.Engine.Info.Task != exchange.Endpoint.Task)
        {
            await exchange.RefuseAsync(context, WrongTask.Of(exchange, engine.Engine.Info.Task));
            return;
        }

        if (exchange.Endpoint.Task != ModelTask.Generate)
        {
            await ComputeVectorsAsync(context, exchange, local, engine.Engine, ended.Token);
            return;
        }

        ApiError? error = null;
        var request = exchange.Prepared?.For<LocalRequest>(exchange.Deployment!.Name) ?? LocalRequest.Read(exchange, engine, _time.GetUtcNow().ToUnixTimeSeconds(), out error);
        if (request is null)
        {
            await exchange.RefuseAsync(context, error!);
            return;
        }

        try
        {
            if (!engine.Engine.TrySubmit(ToGenerations(request, exchange.Caller.Tenant, engine.Adapters, local.DefaultMaxTokens), ended.Token, out var generations))
            {
                await exchange.RefuseAsync(context, ApiError.Overloaded(exchange.Model!.Name));
                return;
            }

            await WriteAsync(new LocalAnswer(context, exchange, request, engine.Engine, generations, _time), exchange);
            foreach (var failed in generations.Where(g => g.Error is not null))
            {
                LogGenerationFailed(context.TraceIdentifier, exchange.Deployment!.Name, failed.Error!.Message);
            }
        }
        finally
        {
            await ended.CancelAsync();
        }
    }

    private async Task ComputeVectorsAsync(HttpContext context, Exchange exchange, LocalModel local, LlamaEngine engine, CancellationToken ended)
    {
        ApiError? error = null;
        var request = exchange.Prepared?.For<VectorRequest>(exchange.Deployment!.Name) ?? VectorRequest.Read(exchange, engine, local.Overlong, out error);
        if (request is null)
        {
            await exchange.RefuseAsync(context, error!);
            return;
        }

        if (!engine.TryComputeVectors([.. request.Inputs.SelectMany(windows => windows)], ended, out var computing, exchange.Caller.Tenant.Name))
        {
            await exchange.RefuseAsync(context, ApiError.Overloaded(exchange.Model!.Name));
            return;
        }

        var result = await computing;
        if (result.Error is { } failure)
        {
            LogGenerationFailed(context.TraceIdentifier, exchange.Deployment!.Name, failure.Message);
        }

        await new VectorAnswer(context, exchange, request, _time).WriteAsync(result);
    }

    private static async Task WriteAsync(LocalAnswer answer, Exchange exchange)
    {
        try
        {
            await (exchange.Envelope.Stream ? answer.WriteStreamAsync() : answer.WriteWholeAsync());
        }
        finally
        {
            // A client that left has used what was produced for it.
            exchange.Usage = answer.Usage;
        }
    }

    private static async Task<LoadedEngine?> LoadAsync(HttpContext context, Exchange exchange, LocalModel local, CancellationToken ended)
    {
        try
        {
            return await local.Engine.LoadAsync().WaitAsync(ended);
        }
        catch (LlamaLoadException)
        {
            // The body is written at the outermost layer, if no other deployment has answered by then.
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            exchange.FailUpstream(down: true, ApiError.ModelNotLoaded(exchange.Model!.Name, local.Engine.RetryIn));
            return null;
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await exchange.RefuseAsync(context, ApiError.Stopping);
            return null;
        }
    }

    private static List<GenerationRequest> ToGenerations(LocalRequest request, TenantModel tenant, IReadOnlyList<AppliedAdapter> adapters, int defaultMaxTokens)
    {
        var generations = new List<GenerationRequest>(request.Prompts.Count * request.Settings.Choices);
        foreach (var prompt in request.Prompts)
        {
            for (var choice = 0; choice < request.Settings.Choices; choice++)
            {
                var sampling = request.Settings.Sampling;
                generations.Add(new GenerationRequest
                {
                    Prompt = prompt,
                    MaxTokens = request.Settings.MaxTokens ?? defaultMaxTokens,
                    Stop = request.Settings.Stop,
                    TopLogprobs = request.Settings.TopLogprobs,
                    VisibleTokens = request.VisibleTokens,
                    Grammar = request.Grammar,
                    Adapters = adapters,
                    Owner = tenant.Name,
                    Weight = tenant.Weight,
                    Priority = tenant.Priority,

                    // One seed for all would give the same answer n times.
                    Sampling = sampling.Seed is { } seed ? sampling with { Seed = seed + (uint)choice } : sampling,
                });
            }
        }

        return generations;
    }

    [LoggerMessage(EventId = 2100, Level = LogLevel.Error, Message = "Request {RequestId}: deployment {Deployment} failed: {Error}")]
    private partial void LogGenerationFailed(string requestId, string deployment, string error);
}
