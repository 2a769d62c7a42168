using Gateway.Api;
using Gateway.Exchanges;
using Gateway.Llama;

namespace Gateway.Engine;

/// <summary>The model that an exchange uses: at most one at a time, so that no two wait for each other's.</summary>
internal static class ModelLease
{
    // A model that was asked for is loaded as soon as there is room for it, so that who comes again finds it.
    private static readonly TimeSpan RoomRetry = TimeSpan.FromSeconds(5);

    /// <summary>Takes a lease of a deployment's model until the exchange ends or takes another's.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="engine">The deployment's model.</param>
    /// <param name="cancellationToken">Ends the waiting for it.</param>
    /// <returns>The lease, or why there is none.</returns>
    public static async ValueTask<(EngineLease Lease, ApiError? Error)> LeaseAsync(this Exchange exchange, EngineHandle engine, CancellationToken cancellationToken)
    {
        if (exchange.Lease?.Handle == engine)
        {
            return (exchange.Lease, null);
        }

        exchange.EndLease();
        var (lease, error) = await TryLeaseAsync(engine, exchange.Model!.Name, cancellationToken);
        exchange.Lease = lease;
        return (lease!, error);
    }

    /// <summary>Takes a lease of a deployment's model until it is disposed.</summary>
    public static async ValueTask<(EngineLease? Lease, ApiError? Error)> TryLeaseAsync(EngineHandle engine, string model, CancellationToken cancellationToken)
    {
        try
        {
            return await engine.LeaseAsync(cancellationToken) is { } lease ? (lease, null) : (null, ApiError.NoRoom(model, RoomRetry));
        }
        catch (LlamaLoadException)
        {
            return (null, ApiError.ModelNotLoaded(model, engine.RetryIn));
        }
    }
}
