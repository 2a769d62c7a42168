using Gateway.Benchmarks;

// Without an argument all of them run; the roles are the processes that a benchmark starts beside itself.
return args switch
{
    ["role", "upstream", var url] => await Roles.RunUpstreamAsync(url),
    ["role", "yarp", var url, var upstream] => await Roles.RunYarpAsync(url, upstream),
    ["proxy"] => await ProxyBenchmark.RunAsync(),
    ["engine"] => await EngineBenchmark.RunAsync(threads: null),
    ["engine", var threads] => await EngineBenchmark.RunAsync(threads),
    ["grammar"] => await GrammarBenchmark.RunAsync(),
    ["tools"] => await ToolsBenchmark.RunAsync(),
    ["embeddings"] => await EmbeddingBenchmark.RunAsync(),
    ["start"] => await StartBenchmark.RunAsync(),
    [] => await ProxyBenchmark.RunAsync() + await EngineBenchmark.RunAsync(threads: null) + await GrammarBenchmark.RunAsync()
        + await ToolsBenchmark.RunAsync() + await EmbeddingBenchmark.RunAsync() + await StartBenchmark.RunAsync(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: [proxy | engine [THREADS] | grammar | tools | embeddings | start]");
    return 2;
}
