using Gateway.Configuration;
using Gateway.Exchanges;

namespace Gateway.Ledger;

/// <summary>How the ledger is kept, by the configuration in force.</summary>
/// <param name="Retention">How long lines are kept.</param>
/// <param name="Buffer">Most lines that wait for the store.</param>
/// <param name="Durable">For each class of data, whether a request waits until its line is on disk.</param>
internal sealed record LedgerModel(TimeSpan Retention, int Buffer, IReadOnlyList<bool> Durable)
{
    public static LedgerModel Of(LedgerConfig config)
    {
        var durability = config.Durability;
        Durability[] classes = [durability.Public, durability.Internal, durability.Personal, durability.Restricted];
        return new(config.Retention, config.Buffer, [.. classes.Select(d => d == Durability.Commit)]);
    }

    /// <summary>Whether a request of the class waits until its line is on disk.</summary>
    public bool IsDurable(DataClass dataClass) => Durable[(int)dataClass];
}
