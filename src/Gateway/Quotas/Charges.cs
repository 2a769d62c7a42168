using Gateway.Api;
using Gateway.Engine;
using Gateway.Engine.Workers;
using Gateway.Exchanges;
using Gateway.Llama;
using Gateway.Routing;
using Yarp.ReverseProxy.Model;

namespace Gateway.Quotas;

/// <summary>What an exchange takes of its limits at most, before it has run.</summary>
internal sealed class Charges
{
    /// <summary>Tokens beyond it are cut to it: more than any limit of them, and few enough that thousands of them still add up in 64 bits.</summary>
    public const long Most = 1L << 50;

    private readonly Exchange _exchange;
    private readonly IReadOnlyList<LimitModel> _limits;
    private readonly IReadOnlyList<DestinationState> _destinations;
    private readonly DateTimeOffset _openedAt;
    private RequestSize? _size;

    private Charges(Exchange exchange, IReadOnlyList<LimitModel> limits, IReadOnlyList<DestinationState> destinations, DateTimeOffset openedAt) =>
        (_exchange, _limits, _destinations, _openedAt) = (exchange, limits, destinations, openedAt);

    /// <summary>What to reserve; or why the request cannot be answered at all.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="limits">Its limits.</param>
    /// <param name="destinations">Deployments that may answer; the dearest counts.</param>
    /// <param name="openedAt">When it came: the rates of that day count.</param>
    /// <param name="cancellationToken">Ends the wait for a model to be loaded.</param>
    public static async ValueTask<(Charge[]? Charges, ApiError? Error)> OfAsync(
        Exchange exchange, IReadOnlyList<LimitModel> limits, IReadOnlyList<DestinationState> destinations, DateTimeOffset openedAt, CancellationToken cancellationToken)
    {
        var needsTokens = false;
        foreach (var limit in limits)
        {
            needsTokens |= limit.Key.Measure is QuotaMeasure.Tokens or QuotaMeasure.Money or QuotaMeasure.Balance;
        }

        return needsTokens
            ? await new Charges(exchange, limits, destinations, openedAt).EstimateAsync(cancellationToken)
            : (ToCharges(limits), null);
    }

    private static Charge[] ToCharges(IReadOnlyList<LimitModel> limits)
    {
        var charges = new Charge[limits.Count];
        for (var i = 0; i < charges.Length; i++)
        {
            charges[i] = new Charge { Limit = limits[i], Reserved = 1 };
        }

        return charges;
    }

    private async ValueTask<(Charge[]? Charges, ApiError? Error)> EstimateAsync(CancellationToken cancellationToken)
    {
        var bounds = new (DeploymentModel Deployment, Usage Tokens, long Total)[_destinations.Count];
        for (var i = 0; i < bounds.Length; i++)
        {
            var deployment = _exchange.Model!.Deployments[_destinations[i].DestinationId];
            var (input, output, error) = deployment.Local is { } local
                ? await LocalAsync(local, cancellationToken)
                : Remote(deployment.Upstream!);
            if (error is not null)
            {
                return (null, error);
            }

            bounds[i] = (deployment, new Usage((int)Math.Min(input, int.MaxValue), (int)Math.Min(output, int.MaxValue)), Math.Min(Most, input + output));
        }

        return ToCharges(bounds);
    }

    private (Charge[]? Charges, ApiError? Error) ToCharges((DeploymentModel Deployment, Usage Tokens, long Total)[] bounds)
    {
        var charges = new List<Charge>(_limits.Count);
        var day = DateOnly.FromDateTime(_openedAt.UtcDateTime);
        foreach (var limit in _limits)
        {
            var amount = 1L;
            switch (limit.Key.Measure)
            {
                case QuotaMeasure.Tokens:
                    amount = bounds.Max(b => b.Total);
                    break;
                case QuotaMeasure.Money or QuotaMeasure.Balance:
                    amount = 0;
                    foreach (var (deployment, tokens, total) in bounds)
                    {
                        if (deployment.Price is not { } price)
                        {
                            continue;
                        }

                        if (_exchange.Caller.Gateway.Rates.Find(price.Currency, limit.Key.Currency, day) is not { } rate)
                        {
                            return (null, QuotaErrors.NoRate(price.Currency, limit.Key.Currency));
                        }

                        // More tokens than an answer can have cost more than a limit can be.
                        amount = Math.Max(amount, total >= int.MaxValue ? ExchangeRates.MoreThanAny : ExchangeRates.ConvertUp(price.CostOf(tokens), rate));
                    }

                    // What is free is so for those too who have nothing left.
                    if (amount == 0)
                    {
                        continue;
                    }

                    break;
            }

            charges.Add(new Charge { Limit = limit, Reserved = amount });
        }

        return ([.. charges], null);
    }

    private (long Input, long Output, ApiError? Error) Remote(Providers.Upstream upstream)
    {
        ApiError? error = null;
        if ((_size ??= _exchange.Size ?? RequestSize.Read(_exchange.Outgoing.Body.Span, _exchange.Endpoint, out error)) is not { } size)
        {
            return (0, 0, error);
        }

        var output = _exchange.Endpoint.Task == ModelTask.Generate ? size.Output(upstream.DefaultMaxTokens(_exchange.Endpoint)) : 0;

        // Without a bound of the client's the answer gets one, so that it cannot be longer than what is reserved.
        _exchange.Size = size;
        return (size.Input(upstream.ImageTokens), output, null);
    }

    // The prompt's tokens as the engine will have them, and at once for the engine. What the engine refuses takes nothing.
    private async ValueTask<(long Input, long Output, ApiError? Error)> LocalAsync(LocalModel local, CancellationToken cancellationToken)
    {
        // What cannot be had takes nothing: the engine's stage refuses it, unless another deployment answers.
        if (await _exchange.LeaseAsync(local.Engine, cancellationToken) is not (var lease, null))
        {
            return (0, 0, null);
        }

        var loaded = lease.Loaded;
        if (loaded.Info.Task != _exchange.Endpoint.Task)
        {
            return (0, 0, null);
        }

        if (loaded is WorkerEngine worker)
        {
            var (workerInput, workerOutput) = await worker.MeasureAsync(_exchange, local.Defaults, cancellationToken);
            return (workerInput, workerOutput, null);
        }

        var (input, output, prepared) = EngineAnswer.Measure(_exchange, (InProcessEngine)loaded, local.Defaults, _openedAt.ToUnixTimeSeconds());
        _exchange.Prepared = prepared ?? _exchange.Prepared;
        return (input, output, null);
    }
}
