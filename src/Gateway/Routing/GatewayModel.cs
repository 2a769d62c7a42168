using System.Collections.Frozen;
using Gateway.Engine;
using Gateway.Ledger;
using Gateway.Privacy;
using Gateway.Quotas;
using Gateway.Residency;
using Gateway.Tenants;

namespace Gateway.Routing;

/// <summary>
/// All that a request needs to know of the configuration, immutable, swapped whole. Whoever holds one keeps its engines loaded until
/// <see cref="Release"/>.
/// </summary>
internal sealed class GatewayModel(
    AccessModel access,
    FrozenDictionary<string, ModelModel> models,
    ResidencyModel residency,
    PrivacyModel privacy,
    LedgerModel ledger,
    long bodyLimit,
    IReadOnlyList<EngineHandle> engines)
{
    // One reference is GatewayState's, as long as this is the current one.
    private int _references = 1;

    /// <summary>Who is known.</summary>
    public AccessModel Access { get; } = access;

    /// <summary>Models by public name.</summary>
    public FrozenDictionary<string, ModelModel> Models { get; } = models;

    /// <summary>Who permits what.</summary>
    public ResidencyModel Residency { get; } = residency;

    /// <summary>What is looked for in requests.</summary>
    public PrivacyModel Privacy { get; } = privacy;

    /// <summary>How the ledger is kept.</summary>
    public LedgerModel Ledger { get; } = ledger;

    /// <summary>What currencies are worth.</summary>
    public ExchangeRates Rates { get; init; } = new([]);

    /// <summary>Largest request body in bytes.</summary>
    public long BodyLimit { get; } = bodyLimit;

    /// <summary>The engines of the local deployments.</summary>
    public IReadOnlyList<EngineHandle> Engines { get; } = engines;

    /// <summary>Takes a reference; false when the last one is gone already.</summary>
    public bool TryAcquire()
    {
        var references = Volatile.Read(ref _references);
        while (references > 0)
        {
            var seen = Interlocked.CompareExchange(ref _references, references + 1, references);
            if (seen == references)
            {
                return true;
            }

            references = seen;
        }

        return false;
    }

    /// <summary>Gives a reference back; the last one lets go of the engines.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            foreach (var engine in Engines)
            {
                engine.Release();
            }
        }
    }
}
