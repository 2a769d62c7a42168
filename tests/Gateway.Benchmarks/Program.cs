using Gateway.Benchmarks;

// Without an argument all of them run; the roles are the processes that a benchmark starts beside itself.
return args switch
{
    ["role", "upstream", var url] => await Roles.RunUpstreamAsync(url),
    ["role", "yarp", var url, var upstream] => await Roles.RunYarpAsync(url, upstream),
    ["role", "quota-node", var connection, var file, var attempts, var limit] => await QuotaRaceBenchmark.RunNodeAsync(
        connection, file, long.Parse(attempts, System.Globalization.CultureInfo.InvariantCulture), long.Parse(limit, System.Globalization.CultureInfo.InvariantCulture)),
    ["proxy"] => await ProxyBenchmark.RunAsync(),
    ["engine"] => await EngineBenchmark.RunAsync(threads: null),
    ["engine", var threads] => await EngineBenchmark.RunAsync(threads),
    ["grammar"] => await GrammarBenchmark.RunAsync(),
    ["tools"] => await ToolsBenchmark.RunAsync(),
    ["embeddings"] => await EmbeddingBenchmark.RunAsync(),
    ["start"] => await StartBenchmark.RunAsync(),
    ["keys"] => await KeysBenchmark.RunAsync(1_000_000),
    ["keys", var count] => await KeysBenchmark.RunAsync(int.Parse(count, System.Globalization.CultureInfo.InvariantCulture)),
    ["ledger"] => await LedgerBenchmark.RunAsync(1_000_000),
    ["ledger", var lines] => await LedgerBenchmark.RunAsync(int.Parse(lines, System.Globalization.CultureInfo.InvariantCulture)),
    ["detect"] => DetectBenchmark.Run(),
    ["quotas"] => await QuotasBenchmark.RunAsync() + await QuotaRedisBenchmark.RunAsync(),
    ["quotas", "memory"] => await QuotasBenchmark.RunAsync(),
    ["quotas", "redis"] => await QuotaRedisBenchmark.RunAsync(),
    ["quotas", "race"] => await QuotaRaceBenchmark.RunAsync(1_000_000),
    ["quotas", "race", var count] => await QuotaRaceBenchmark.RunAsync(long.Parse(count, System.Globalization.CultureInfo.InvariantCulture)),
    ["residency"] => ResidencyBenchmark.Run() + await GuardBenchmark.RunAsync(),
    [] => await ProxyBenchmark.RunAsync() + await EngineBenchmark.RunAsync(threads: null) + await GrammarBenchmark.RunAsync()
        + await ToolsBenchmark.RunAsync() + await EmbeddingBenchmark.RunAsync() + await StartBenchmark.RunAsync()
        + await KeysBenchmark.RunAsync(1_000_000) + await LedgerBenchmark.RunAsync(1_000_000)
        + await QuotasBenchmark.RunAsync() + await QuotaRedisBenchmark.RunAsync() + await QuotaRaceBenchmark.RunAsync(1_000_000) + ResidencyBenchmark.Run()
        + await GuardBenchmark.RunAsync() + DetectBenchmark.Run(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        "usage: [proxy | engine [THREADS] | grammar | tools | embeddings | start | keys [COUNT] | ledger [LINES] | quotas [memory | redis | race [COUNT]] | residency | detect]");
    return 2;
}
