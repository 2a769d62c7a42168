namespace Gateway.Benchmarks.EngineVs;

/// <summary>The gateway with the model as its only deployment, and two tenants.</summary>
internal sealed class GatewayServer : EngineServer
{
    private readonly Child _process;

    private GatewayServer(Child process, string name)
    {
        _process = process;
        Name = name;
    }

    public override string Name { get; }

    public override string Url => _process.Url;

    public override long ResidentBytes => _process.ResidentBytes;

    public override TimeSpan ProcessorTime => _process.ProcessorTime;

    protected override string MetricsUrl => _process.AdminUrl + "/metrics";

    protected override string PromptTokensMetric => "gateway_engine_prompt_tokens_total";

    protected override string RunningMetric => "gateway_engine_requests_running";

    public static async Task<GatewayServer> StartAsync(EngineVsOptions options, string name = "gateway")
    {
        var folder = Directory.CreateTempSubdirectory("gateway-benchmark-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), $$"""
            models: [{ name: {{EngineClient.Model}}, deployments: [local] }]
            deployments:
              - name: local
                kind: local
                path: "{{options.ModelPath}}"
                context_length: {{EngineVsOptions.ContextLength}}
                cache_cells: {{EngineVsOptions.Cells}}
                parallel: {{options.Parallel}}
                queue: 1000
                threads: {{options.Threads}}
                {{options.Deployment}}
            tenants:
              - { name: a, models: ["*"], keys: [{ name: k, sha256: {{Child.HashOf(TenantKey(0))}} }] }
              - { name: b, models: ["*"], keys: [{ name: k, sha256: {{Child.HashOf(TenantKey(1))}} }] }
            """);
        return new GatewayServer(await Child.StartGatewayAsync(folder, options.GatewayPath), name);
    }

    public override string? KeyOf(int tenant) => TenantKey(tenant);

    public override void Dispose() => _process.Dispose();

    private static string TenantKey(int tenant) => Child.Key + tenant;
}
