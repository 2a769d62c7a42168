using System.Text.Json;
using Gateway.Api;
using Gateway.Exchanges;
using Gateway.Llama;

namespace Gateway.Engine.Workers;

/// <summary>A model in a worker process, with a deployment's adapters.</summary>
internal sealed record WorkerEngine(ModelWorker Worker) : LoadedEngine
{
    private IReadOnlyList<AdapterFile> Adapters { get; init; } = [];

    public override LlamaModelInfo Info => Worker.Info;

    public override LlamaEngineStatistics Statistics => Worker.Statistics;

    public override IReadOnlyCollection<LlamaTenantStatistics> Tenants => Worker.Tenants;

    public override LoadState State => Worker.State;

    public override TimeSpan RetryIn => Worker.RetryIn;

    /// <summary>Answers an exchange that the model is for.</summary>
    /// <param name="context">The client's.</param>
    /// <param name="exchange">The exchange.</param>
    /// <param name="defaults">The deployment's.</param>
    /// <param name="createdAt">When the answer is made, in Unix seconds.</param>
    /// <param name="stopping">Ends answers with an error that says so.</param>
    public async Task AnswerAsync(HttpContext context, Exchange exchange, AnswerDefaults defaults, long createdAt, CancellationToken stopping)
    {
        var call = CallOf(WorkerOperation.Answer, exchange, defaults) with { CreatedAt = createdAt };
        using var answer = new WorkerAnswer(context, exchange, Worker.Time);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, answer.Refused);
        var end = await AskAsync(call, exchange.Envelope.Body, answer, stopping, gone.Token);

        // As a model of this process, which ends by it.
        context.RequestAborted.ThrowIfCancellationRequested();
        if (end is null && !answer.Refused.IsCancellationRequested)
        {
            await answer.BreakOffAsync(Down(exchange.Envelope.Model));
        }
    }

    /// <summary>Tokens that an exchange comes to at most; none where the engine would refuse it, or does not answer.</summary>
    public async ValueTask<(long Input, long Output)> MeasureAsync(Exchange exchange, AnswerDefaults defaults, CancellationToken cancellationToken)
    {
        var end = await AskAsync(CallOf(WorkerOperation.Measure, exchange, defaults), exchange.Envelope.Body, answer: null, CancellationToken.None, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return (end?.Input ?? 0, end?.Output ?? 0);
    }

    /// <summary>Lets the worker answer what is no exchange; the error when it cannot.</summary>
    /// <param name="context">The client's.</param>
    /// <param name="operation">What is asked for.</param>
    /// <param name="body">The request's.</param>
    /// <param name="model">The model's public name, where the client gave one.</param>
    public async Task<ApiError?> ForwardAsync(HttpContext context, WorkerOperation operation, JsonElement body, string? model)
    {
        var call = new WorkerCall(operation) { Id = context.TraceIdentifier };
        using var answer = new WorkerAnswer(context, exchange: null, Worker.Time);
        var end = await AskAsync(call, JsonSerializer.SerializeToUtf8Bytes(body), answer, CancellationToken.None, context.RequestAborted);
        context.RequestAborted.ThrowIfCancellationRequested();
        if (end is null && context.Response.HasStarted)
        {
            context.Abort();
        }

        return end is null && !context.Response.HasStarted ? Down(model ?? Info.Name ?? Info.Architecture) : null;
    }

    public override async Task<LoadedEngine> WithAdaptersAsync(IReadOnlyList<AdapterFile> files)
    {
        Worker.HoldAdapters(files);
        try
        {
            var end = await AskAsync(new WorkerCall(WorkerOperation.LoadAdapters) { Adapters = files }, body: default, answer: null, CancellationToken.None, CancellationToken.None)
                ?? throw LlamaLoadException.ForAdapter(files[0].Path, "the process that hosts its model has ended", "It is started again by itself");
            return end.Refusal is { } refusal ? throw refusal.ToException() : this with { Adapters = files };
        }
        catch
        {
            Worker.LetGoOfAdapters(files);
            throw;
        }
    }

    public override async Task ReleaseAdaptersAsync()
    {
        if (Worker.LetGoOfAdapters(Adapters))
        {
            await AskAsync(new WorkerCall(WorkerOperation.FreeAdapters) { Adapters = Adapters }, body: default, answer: null, CancellationToken.None, CancellationToken.None);
        }
    }

    public override ValueTask DisposeAsync() => Worker.DisposeAsync();

    private WorkerCall CallOf(WorkerOperation operation, Exchange exchange, AnswerDefaults defaults) => new(operation)
    {
        Id = exchange.Id,
        Endpoint = exchange.Endpoint.RouteId,
        Defaults = defaults,
        Tenant = exchange.Caller.Tenant.Name,
        Weight = exchange.Caller.Tenant.Weight,
        Priority = exchange.Caller.Tenant.Priority,
        Adapters = Adapters,
    };

    private ApiError Down(string model) => ApiError.WorkerEnded(model, Worker.RetryIn);

    // Null where the worker has ended, or ends, or whoever asked does.
    private async Task<WorkerEnd?> AskAsync(WorkerCall call, ReadOnlyMemory<byte> body, WorkerAnswer? answer, CancellationToken stopping, CancellationToken gone)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping, gone);
        if (await Worker.FindAsync(ended.Token) is not { } process)
        {
            return null;
        }

        using var left = CancellationTokenSource.CreateLinkedTokenSource(gone, process.GivenUp);
        var end = await WorkerClient.AskAsync(process, call, body, answer, stopping, left.Token);
        if (end is not null)
        {
            process.Take(end.Statistics, end.Tenant is { } tenant ? [tenant] : []);
        }

        return end is { IsFault: true } ? throw new InvalidOperationException("The worker process failed on a request.") : end;
    }
}
