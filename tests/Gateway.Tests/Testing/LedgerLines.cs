using System.Globalization;
using Gateway.Exchanges;
using Gateway.Ledger;
using Gateway.Stores;

namespace Gateway.Tests.Testing;

/// <summary>Lines for tests of the ledger.</summary>
internal static class LedgerLines
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);

    public static readonly LedgerModel Settings = new(TimeSpan.FromDays(400), 10_000, [false, false, true, true]);

    public static LedgerLine Open(DateTimeOffset at, string tenant = "acme", string model = "m", string key = "key_1", string? trace = null) =>
        new(new LedgerOpening(RequestIds.Create(at), at, tenant, key, "chat.completions", "public", trace, model));

    public static LedgerLine Close(this LedgerLine line, int input = 7, int output = 3, string outcome = "ok", string? deployment = "d", string? code = null, int status = 200, long costNano = 0, string? currency = null)
    {
        line.Closing = new LedgerClosing(
            line.Opening.OpenedAt.AddSeconds(1), outcome, code, status, deployment, new Usage(input, output), costNano, currency, TimeSpan.FromMilliseconds(1_000.5), TimeSpan.FromMilliseconds(20));
        return line;
    }

    /// <summary>The tables of the store, connected, as another process would have them.</summary>
    public static LedgerTables Tables(Store store)
    {
        var tables = LedgerServices.CreateTables(store, TimeProvider.System);
        tables.Connect();
        tables.Beat();
        return tables;
    }

    /// <summary>Takes a process off its store as its death does: nothing is said, what the kernel held for it is let go.</summary>
    public static async Task DieAsync(this LedgerTables tables, TestStore test)
    {
        tables.Dispose();
        await test.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"UPDATE ledger_nodes SET seen_at = seen_at - 60000000 WHERE node = '{tables.Node}'"));
    }
}
