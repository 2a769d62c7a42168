using System.CommandLine;
using System.Globalization;
using System.Text;
using Gateway.Ledger;

namespace Gateway.Cli;

/// <summary><c>gateway usage</c>: who used how much, from the store itself, whether or not a gateway runs on it.</summary>
internal static class UsageCommand
{
    public static Command Create()
    {
        var from = Text("--from", "First day, in UTC. Default: 30 days ago.", "DATE");
        var to = Text("--to", "The day behind the last, in UTC. Default: none.", "DATE");
        var groupBy = Text("--group-by", $"What to add up by, with commas: {string.Join(", ", UsageRequest.Groups)}. Default: tenant,model.", "NAMES");
        var filters = UsageRequest.Groups.Where(g => g != "day").Select(g => (Name: g, Option: Text($"--{g}", $"Of this {g} only.", g.ToUpperInvariant()))).ToList();
        var csv = new Option<bool>("--csv") { Description = "Print the result as CSV." };
        var command = new Command("usage", "Tells who used how much, and what it cost.") { from, to, groupBy, csv };
        filters.ForEach(f => command.Options.Add(f.Option));
        return command.OnStore(async (parse, session, cancellationToken) =>
        {
            if (session.Json && parse.GetValue(csv))
            {
                return session.Fail("Give one of --json and --csv.");
            }

            var request = UsageRequest.Parse(
                parse.GetValue(from), parse.GetValue(to), parse.GetValue(groupBy), "tenant,model", session.Now, out var error,
                [.. filters.Select(f => (f.Name, parse.GetValue(f.Option)))]);
            IReadOnlyList<UsageJson>? rows = null;
            if (request is not null)
            {
                (rows, error) = await new UsageReport(session.Store).ReadAsync(request, cancellationToken);
            }

            if (rows is null)
            {
                return session.Fail(error!.Message);
            }

            if (parse.GetValue(csv))
            {
                await session.Output.WriteAsync(UsageReport.ToCsv(rows, request!.GroupBy));
                return ExitCode.Ok;
            }

            return session.Write(new UsageListJson(rows), list => ToTable(list.Data, request!.GroupBy));
        });
    }

    private static Option<string?> Text(string name, string description, string help) => new(name) { Description = description, HelpName = help };

    private static string ToTable(IReadOnlyList<UsageJson> rows, IReadOnlyList<string> groupBy)
    {
        if (rows.Count == 0)
        {
            return "no requests";
        }

        var table = new List<string[]> { (string[])[.. groupBy, "requests", "failed", "refused", "lost", "input", "cached", "output", "cost"] };
        table.AddRange(rows.Select(row => (string[])
        [
            .. groupBy.Select(g => row.Get(g) is { Length: > 0 } text ? text : "-"),
            Number(row.Requests), Number(row.Failed), Number(row.Refused), Number(row.Lost), Number(row.InputTokens) + (row.Estimated > 0 ? "~" : ""), Number(row.CachedTokens),
            Number(row.OutputTokens) + (row.Estimated > 0 ? "~" : ""), row.Currency is null ? "-" : string.Create(CultureInfo.InvariantCulture, $"{row.Cost} {row.Currency}"),
        ]));
        var widths = Enumerable.Range(0, table[0].Length).Select(c => table.Max(r => r[c].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in table)
        {
            text.AppendJoin("  ", row.Select((cell, c) => c < groupBy.Count ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]))).Append('\n');
        }

        return text.ToString().TrimEnd('\n') + (rows.Any(r => r.Estimated > 0) ? "\n~ some of these tokens were counted by their characters, for nobody reported them" : "");
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
