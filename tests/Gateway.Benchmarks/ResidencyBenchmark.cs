using System.Diagnostics;
using Gateway.Configuration;
using Gateway.Exchanges;
using Gateway.Residency;
using Yarp.ReverseProxy.Model;

namespace Gateway.Benchmarks;

/// <summary>What it takes to decide where a request may go, and to make the decisions when a configuration is loaded.</summary>
internal static class ResidencyBenchmark
{
    private const int Decisions = 20_000_000;
    private const int Deployments = 200;
    private const int PerModel = 5;

    /// <summary>Fails when a decision allocates.</summary>
    public static int Run()
    {
        var config = new GatewayConfig
        {
            Node = new() { Country = "BR" },
            Deployments = [.. Enumerable.Range(0, Deployments).Select(i => new DeploymentConfig
            {
                Name = $"d{i}",
                Kind = DeploymentKind.OpenAICompatible,
                BaseUrl = "https://llm.example.com/v1",
                Placement = new() { Processing = i % 3 == 0 ? ["US"] : ["BR"], Storage = ["BR"], Operator = "Casa", OperatorCountry = "BR", RetentionDays = 30, Trains = false, Expires = Moments.Later },
            })],
            Models = [.. Enumerable.Range(0, Deployments / PerModel).Select(m => new ModelConfig
            {
                Name = $"m{m}", Deployments = [.. Enumerable.Range(m * PerModel, PerModel).Select(d => new ModelDeploymentConfig { Name = $"d{d}" })],
            })],
            Policies = [.. Enumerable.Range(0, 100).Select(p => new PolicyConfig
            {
                Name = $"p{p}",
                Classes = DataClasses.DefaultNames.ToDictionary(
                    c => c, _ => new ClassRuleConfig { Processing = ["BR"], Storage = ["LATAM"], OperatorCountry = ["BR", "PT"], RetentionDays = 30, Trains = false }, StringComparer.Ordinal),
            })],
            Tenants = [.. Enumerable.Range(0, 1_000).Select(t => new TenantConfig { Name = $"t{t}", Policy = $"p{t % 100}", Models = ["*"] })],
        };

        var started = Stopwatch.GetTimestamp();
        var processor = Environment.CpuUsage.TotalTime;
        var residency = new ResidencyModel(config);
        var verdicts = new VerdictCache(residency);
        var tables = config.Models.Select(m => new DecisionTable(m.Name, [.. m.Deployments.Select(d => new DestinationState(d.Name))], verdicts, Moments.Now)).ToArray();
        Console.WriteLine(
            $"residency: {config.Tenants.Count} tenants, {config.Policies.Count} policies, {config.Models.Count} models of {PerModel} deployments are compiled in {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms, {(Environment.CpuUsage.TotalTime - processor).TotalMilliseconds:F0} ms of the processor");

        var failed = 0;
        var policies = config.Tenants.Select(t => residency.PolicyOf(t.Name)).ToArray();
        for (var round = 0; round < 3; round++)
        {
            var permitted = 0L;
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            started = Stopwatch.GetTimestamp();
            for (var i = 0; i < Decisions; i++)
            {
                var dataClass = residency.Classes.All[i & 3];
                permitted += tables[i % tables.Length].Find(policies[i % policies.Length], dataClass, Moments.Now).Destinations.Count;
            }

            var elapsed = Stopwatch.GetElapsedTime(started);
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            Console.WriteLine($"residency: a decision takes {elapsed.TotalNanoseconds / Decisions:F1} ns and allocates {(double)allocated / Decisions:F2} bytes ({permitted / Decisions} of {PerModel} permitted)");

            // The first round is compiled while it runs.
            failed = round > 0 && allocated > 0 ? 1 : failed;
        }

        return failed;
    }

    private static class Moments
    {
        public static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        public static readonly DateTimeOffset Later = Now.AddYears(1);
    }
}
