using Gateway.Api;
using Gateway.Configuration;
using Gateway.Exchanges;
using Gateway.Llama;
using Gateway.Tenants;

namespace Gateway.Engine;

/// <summary>What holds for a deployment's requests where they do not say.</summary>
/// <param name="Deployment">Name of the deployment.</param>
/// <param name="MaxTokens">Tokens of an answer when the request does not say.</param>
/// <param name="Overlong">What becomes of a text to embed or to score that is longer than the model takes.</param>
/// <param name="SharedPrompts">Texts that prompts may begin with and that are no tenant's secret.</param>
internal sealed record AnswerDefaults(string Deployment, int MaxTokens, OverlongInput Overlong, IReadOnlyList<string> SharedPrompts);

/// <summary>Answers one exchange by a model in this process that is for such requests.</summary>
internal sealed partial class EngineAnswer(HttpContext context, Exchange exchange, InProcessEngine engine, AnswerDefaults defaults, TimeProvider time, ILogger logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>What a request comes to in tokens at most, nothing where the engine refuses it; and the request, as the engine takes it.</summary>
    public static (long Input, long Output, PreparedRequest? Prepared) Measure(Exchange exchange, InProcessEngine engine, AnswerDefaults defaults, long createdAt)
    {
        if (engine.Info.Task != ModelTask.Generate)
        {
            return VectorRequest.Read(exchange, engine.Engine, defaults.Overlong, out _) is { } vectors
                ? (vectors.Usage.InputTokens, 0, new PreparedRequest(defaults.Deployment, engine.Engine, vectors))
                : default;
        }

        if (LocalRequest.Read(exchange, engine, defaults, createdAt, out _) is not { } request)
        {
            return default;
        }

        var most = request.Settings.MaxTokens ?? defaults.MaxTokens;
        long input = 0, output = 0;
        foreach (var prompt in request.Prompts)
        {
            input += prompt.Count;
            output += (long)Math.Min(most, Math.Max(0, engine.Info.ContextLength - prompt.Count)) * request.Settings.Choices;
        }

        return (input, output, new PreparedRequest(defaults.Deployment, engine.Engine, request));
    }

    /// <param name="createdAt">When the answer is made, in Unix seconds.</param>
    /// <param name="ended">Whatever ends it, generations still running end with it and free their cells.</param>
    public Task WriteAsync(long createdAt, CancellationToken ended) =>
        exchange.Endpoint.Task == ModelTask.Generate ? GenerateAsync(createdAt, ended) : ComputeVectorsAsync(ended);

    private async Task GenerateAsync(long createdAt, CancellationToken ended)
    {
        ApiError? error = null;
        var request = exchange.Prepared?.For<LocalRequest>(defaults.Deployment, engine.Engine) ?? LocalRequest.Read(exchange, engine, defaults, createdAt, out error);
        if (request is null)
        {
            await exchange.RefuseAsync(context, error!);
            return;
        }

        if (!engine.Engine.TrySubmit(ToGenerations(request, exchange.Caller.Tenant, engine.Adapters, defaults.MaxTokens), ended, out var generations))
        {
            await exchange.RefuseAsync(context, ApiError.Overloaded(exchange.Envelope.Model));
            return;
        }

        await WriteAsync(new LocalAnswer(context, exchange, request, engine.Engine, generations, time));
        foreach (var failed in generations.Where(g => g.Error is not null))
        {
            LogGenerationFailed(context.TraceIdentifier, defaults.Deployment, failed.Error!.Message);
        }
    }

    private async Task ComputeVectorsAsync(CancellationToken ended)
    {
        ApiError? error = null;
        var request = exchange.Prepared?.For<VectorRequest>(defaults.Deployment, engine.Engine) ?? VectorRequest.Read(exchange, engine.Engine, defaults.Overlong, out error);
        if (request is null)
        {
            await exchange.RefuseAsync(context, error!);
            return;
        }

        if (!engine.Engine.TryComputeVectors([.. request.Inputs.SelectMany(windows => windows)], ended, out var computing, exchange.Caller.Tenant.Name))
        {
            await exchange.RefuseAsync(context, ApiError.Overloaded(exchange.Envelope.Model));
            return;
        }

        var result = await computing;
        if (result.Error is { } failure)
        {
            LogGenerationFailed(context.TraceIdentifier, defaults.Deployment, failure.Message);
        }

        await new VectorAnswer(context, exchange, request, time).WriteAsync(result);
    }

    private async Task WriteAsync(LocalAnswer answer)
    {
        try
        {
            exchange.Meter = () => answer.UsageSoFar;
            await (exchange.Envelope.Stream ? answer.WriteStreamAsync() : answer.WriteWholeAsync());
        }
        finally
        {
            // A client that left has used what was produced for it.
            exchange.Usage = answer.Usage;
        }
    }

    private static List<GenerationRequest> ToGenerations(LocalRequest request, TenantModel tenant, IReadOnlyList<AppliedAdapter> adapters, int defaultMaxTokens)
    {
        var generations = new List<GenerationRequest>(request.Prompts.Count * request.Settings.Choices);
        foreach (var (prompt, publicTokens) in request.Prompts.Zip(request.PublicTokens))
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
                    PublicTokens = publicTokens,
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
