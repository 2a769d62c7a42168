using System.CommandLine;
using System.Globalization;
using System.Text;
using Gateway.Configuration;
using Gateway.Residency;

namespace Gateway.Cli;

/// <summary><c>gateway whatif</c>: what another configuration would have made of the requests in the ledger.</summary>
internal static class WhatIfCommand
{
    public static Command Create()
    {
        var file = ModelsCommand.FileArgument("NEW.yaml", "The other configuration.");
        var days = new Option<int>("--days") { Description = "Requests of this many days back. Default 30.", DefaultValueFactory = _ => 30 };
        days.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 36_500)
            {
                result.AddError("--days must be from 1 to 36500.");
            }
        });
        return new Command("whatif", "Says which requests of the ledger would have been refused or gone elsewhere by another configuration.") { file, days }.OnStore(async (parse, session, cancellationToken) =>
        {
            var loaded = ConfigLoader.Load(parse.GetValue(file)!);
            if (!loaded.Success)
            {
                return session.Fail(string.Join('\n', loaded.Errors));
            }

            var rows = await WhatIf.ReadAsync(session.Store, new ResidencyModel(loaded.Config), session.Now.AddDays(-parse.GetValue(days)), session.Now, cancellationToken);
            return session.Write(rows, ToText);
        });
    }

    private static string ToText(IReadOnlyList<WhatIfJson> rows)
    {
        if (rows.Count == 0)
        {
            return "no requests";
        }

        var table = new List<string[]> { (string[])["OUTCOME", "TENANT", "MODEL", "CLASS", "WENT TO", "REQUESTS", "TOKENS", "WOULD GO TO", "WHY"] };
        table.AddRange(rows.OrderBy(r => Array.IndexOf([WhatIf.Refused, WhatIf.Elsewhere, WhatIf.Served, WhatIf.Same], r.Outcome)).Select(r => (string[])
        [
            r.Outcome, r.Tenant, r.Model, r.DataClass, r.Deployment ?? "-", Number(r.Requests), Number(r.Tokens), r.To.Count == 0 ? "-" : string.Join(", ", r.To), string.Join("; ", r.Reasons),
        ]));
        var widths = Enumerable.Range(0, table[0].Length).Select(c => table.Max(r => r[c].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in table)
        {
            text.Append(string.Join("  ", row.Select((cell, c) => cell.PadRight(widths[c]))).TrimEnd()).Append('\n');
        }

        var totals = rows.GroupBy(r => r.Outcome, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key} {Number(g.Sum(r => r.Requests))}");
        return text.Append(CultureInfo.InvariantCulture, $"{Number(rows.Sum(r => r.Requests))} requests: {string.Join(", ", totals)}").ToString();
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
