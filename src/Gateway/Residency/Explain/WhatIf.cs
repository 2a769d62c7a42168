using System.ComponentModel;
using Gateway.Stores;

namespace Gateway.Residency;

/// <summary>Requests that were alike, and what would have become of them by another configuration.</summary>
internal sealed record WhatIfJson(
    string Tenant,
    string Model,
    string DataClass,
    [property: Description("What answered; null when nothing did.")] string? Deployment,
    long Requests,
    long Tokens,
    [property: Description("same, elsewhere, refused, or served where it was refused.")] string Outcome,
    [property: Description("Where they would go.")] IReadOnlyList<string> To,
    [property: Description("Why they would be refused, or not go where they went.")] IReadOnlyList<string> Reasons);

/// <summary>Asks of the requests in the ledger where another configuration would have let them go.</summary>
internal static class WhatIf
{
    public const string Same = "same";
    public const string Elsewhere = "elsewhere";
    public const string Refused = "refused";
    public const string Served = "served";

    /// <param name="store">Whose ledger.</param>
    /// <param name="residency">The other configuration.</param>
    /// <param name="from">From when on.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<IReadOnlyList<WhatIfJson>> ReadAsync(Store store, ResidencyModel residency, DateTimeOffset from, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await store.OpenAsync(cancellationToken);

        // What was refused for another reason than its place says nothing of places.
        await using var command = connection.CreateCommand(
            """
            SELECT tenant, model, data_class, CASE WHEN outcome = 'refused' THEN '' ELSE deployment END AS answered,
                CAST(CASE WHEN findings LIKE '%unreadable=%' OR findings LIKE '%incomplete=%' THEN 0 ELSE 1 END AS BIGINT) AS readable,
                COUNT(*), CAST(SUM(input_tokens + output_tokens) AS BIGINT)
            FROM exchanges WHERE opened_at >= @from AND model <> '' AND (outcome <> 'refused' OR code = 'residency_denied')
            GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
            """,
            ("from", StoreTime.ToMicroseconds(from)));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<WhatIfJson>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var deployment = reader.GetString(3);
            rows.Add(Judge(residency, reader.GetString(0), reader.GetString(1), reader.GetString(2), deployment.Length == 0 ? null : deployment, reader.GetInt64(4) != 0, reader.GetInt64(5), reader.GetInt64(6), now));
        }

        return rows;
    }

    private static WhatIfJson Judge(
        ResidencyModel residency, string tenant, string model, string dataClass, string? deployment, bool isReadable, long requests, long tokens, DateTimeOffset now)
    {
        WhatIfJson Row(string outcome, IReadOnlyList<string> to, IReadOnlyList<string> reasons) => new(tenant, model, dataClass, deployment, requests, tokens, outcome, to, reasons);

        var gone = !residency.HasTenant(tenant) ? "tenant_not_found" : residency.DeploymentsOf(model) is null ? "model_not_found" : residency.Classes.Find(dataClass) is null ? "data_class_unknown" : null;
        if (gone is not null)
        {
            return Row(deployment is null ? Same : Refused, [], [gone]);
        }

        // What could be read can be redacted.
        var found = residency.Classes.Find(dataClass)!;
        var verdicts = residency.JudgeModel(residency.PolicyOf(tenant), new Handling(found, found, isReadable ? RedactionState.Done : RedactionState.NotDone), model, now);
        var to = verdicts.Where(v => v.IsPermitted).Select(v => v.Deployment).ToList();
        if (to.Count == 0)
        {
            return Row(deployment is null ? Same : Refused, [], [.. verdicts.Select(v => v.Summary)]);
        }

        if (deployment is null)
        {
            return Row(Served, to, []);
        }

        return to.Contains(deployment, StringComparer.Ordinal)
            ? Row(Same, to, [])
            : Row(Elsewhere, to, verdicts.FirstOrDefault(v => v.Deployment == deployment)?.Reasons ?? ["deployment_not_found"]);
    }
}
