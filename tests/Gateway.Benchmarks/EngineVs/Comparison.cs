namespace Gateway.Benchmarks.EngineVs;

/// <summary>Measures both servers in turns, so that what else the machine does hits both, and tells their ratio.</summary>
internal sealed class Comparison(EngineServer gateway, EngineServer? anchor, EngineVsOptions options)
{
    public EngineVsOptions Options { get; } = options;

    /// <summary>Both, or the gateway alone where there is no llama-server.</summary>
    public IReadOnlyList<EngineServer> Servers { get; } = anchor is null ? [gateway] : [gateway, anchor];

    /// <summary>Measures in rounds, with the order turned each time, and writes medians, their ratio and what is aimed at.</summary>
    /// <param name="what">The measurement in words, with its unit.</param>
    /// <param name="aim">What the ratio, or the gateway's number, should be.</param>
    /// <param name="measure">One measurement; its second argument is the round.</param>
    /// <param name="rounds">Rounds, where not as many as usual.</param>
    public async Task RunAsync(string what, string aim, Func<EngineServer, int, Task<double>> measure, int? rounds = null)
    {
        var values = Servers.ToDictionary(s => s, _ => new List<double>());
        for (var round = 0; round < (rounds ?? Options.Rounds); round++)
        {
            foreach (var server in round % 2 == 0 ? Servers : Servers.Reverse())
            {
                values[server].Add(await measure(server, round));
            }
        }

        Write(what, aim, values);
    }

    /// <summary>Writes medians, their ratio and what is aimed at.</summary>
    public void Write(string what, string aim, IReadOnlyDictionary<EngineServer, List<double>> values)
    {
        var ratio = anchor is null ? "" : $", ratio {Median(values[gateway].Zip(values[anchor], (g, a) => g / a)):F2}x";
        Console.WriteLine($"{what}: {string.Join(", ", Servers.Select(s => $"{s.Name} {Describe(values[s])}"))}{ratio} (aim {aim})");
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    private static string Describe(List<double> values) =>
        values.Count == 1 ? $"{values[0]:F1}" : $"{Median(values):F1} [{values.Min():F1} to {values.Max():F1}]";
}
