using Gateway.Configuration;
using Gateway.Exchanges;

namespace Gateway.Ledger;

/// <summary>How the ledger is kept, by the configuration in force.</summary>
/// <param name="Retention">How long lines are kept.</param>
/// <param name="Buffer">Most lines that wait for the store.</param>
/// <param name="Durable">At the rank of each class of data, whether a request waits until its line is on disk.</param>
internal sealed record LedgerModel(TimeSpan Retention, int Buffer, IReadOnlyList<bool> Durable)
{
    public static LedgerModel Of(LedgerConfig config, DataClasses classes) => new(
        config.Retention,
        config.Buffer,
        [.. classes.All.Select(c => config.Durability.TryGetValue(c.Name, out var durability) ? durability == Durability.Commit : c.IsSensitive)]);

    /// <summary>Whether a request of the class waits until its line is on disk.</summary>
    public bool IsDurable(DataClass dataClass) => Durable[dataClass.Rank];
}
