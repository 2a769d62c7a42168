namespace Gateway.Benchmarks.EngineVs;

/// <summary>
/// The local engine against llama-server of the same libllama: same model file, same threads, both over HTTP, in turns. Ratios within one run
/// count. llama-server is not part of this repository: build it from the llama.cpp release that <c>src/Gateway.Llama</c> is pinned to (it lies in
/// the npm package <c>node-llama-cpp</c> of the same version as the native libraries) and name it in <c>LLAMA_SERVER</c>; the README says how. Without
/// it the gateway is measured alone.
/// </summary>
internal static class EngineVsBenchmark
{
    private static readonly (string Name, Func<Comparison, EngineClient, ColdText, Task> RunAsync)[] Parts =
    [
        ("throughput", StreamParts.RunThroughputAsync),
        ("speculation", SpeculationPart.RunAsync),
        ("gap", StreamParts.RunGapAsync),
        ("shared", PrefixParts.RunSharedAsync),
        ("prefix", PrefixParts.RunKnownAsync),
        ("tenants", PrefixParts.RunTenantsAsync),
        ("disconnect", ResourceParts.RunDisconnectAsync),
        ("fairness", FairnessPart.RunAsync),
        ("memory", ResourceParts.RunMemoryAsync),
    ];

    /// <param name="arguments">Names of parts, all when there is none, and options as <see cref="EngineVsOptions"/> has them.</param>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        var wanted = Parts.Where(p => arguments.Contains(p.Name, StringComparer.Ordinal)).ToList();
        var options = EngineVsOptions.Parse([.. arguments.Where(a => !wanted.Exists(p => string.Equals(p.Name, a, StringComparison.Ordinal)))]);
        if (options is null)
        {
            await Console.Error.WriteLineAsync($"Parts: {string.Join(' ', Parts.Select(p => p.Name))}");
            return 2;
        }

        using var client = new EngineClient();
        using var gateway = await GatewayServer.StartAsync(options);
        var program = Environment.GetEnvironmentVariable("LLAMA_SERVER");
        using var anchor = string.IsNullOrEmpty(program) ? null : await LlamaServer.StartAsync(program, options, client.Http);
        Console.WriteLine(anchor is null
            ? "LLAMA_SERVER names no llama-server: the gateway alone."
            : $"{options.Threads} threads, {options.Parallel} requests at a time, {EngineVsOptions.Cells} cells. llama-server {LlamaServer.Describe(options)}");

        var comparison = new Comparison(gateway, anchor, options);
        var text = new ColdText();
        foreach (var server in comparison.Servers)
        {
            await client.StreamAsync(server, new EngineCall(text.Of(200), 32));
        }

        foreach (var part in wanted.Count > 0 ? wanted : [.. Parts])
        {
            await part.RunAsync(comparison, client, text);
        }

        return 0;
    }
}
