using System.Globalization;
using System.Text.Json;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Telemetry;

/// <summary>What <c>/metrics</c> tells of tenants that share a model.</summary>
public sealed class EngineTenantMetricsTests
{
    [SharedTheory]
    [InlineData("none")]
    [InlineData("process")]
    public async Task Each_tenant_has_its_own_tokens_and_requests_wherever_the_model_runs(string isolation)
    {
        await using var gateway = await TestGateway.StartAsync(new GatewayFile().Model("tiny", "d")
            .Local("d", SharedModels.Tiny("tiny-llama.gguf"), $"context_length: 512, threads: 1, isolation: {isolation}")
            .Tenant("acme", TestKeys.Acme, "tiny").Tenant("other", TestKeys.Other, "tiny"));
        (long Prompt, long Cached, long Output) acme = default;
        for (var i = 0; i < 3; i++)
        {
            var (prompt, cached, output) = await UsageAsync(gateway, TestKeys.Acme);
            acme = (acme.Prompt + prompt - cached, acme.Cached + cached, acme.Output + output);
        }

        var other = await UsageAsync(gateway, TestKeys.Other);

        var metrics = await gateway.MetricsAsync();
        Assert.NotEqual(0, acme.Cached);
        Assert.Equal((acme.Prompt, other.Prompt), (Of("prompt_tokens_total", "acme"), Of("prompt_tokens_total", "other")));
        Assert.Equal((acme.Cached, 0), (Of("prompt_cached_tokens_total", "acme"), Of("prompt_cached_tokens_total", "other")));
        Assert.Equal((acme.Output, other.Output), (Of("generated_tokens_total", "acme"), Of("generated_tokens_total", "other")));
        Assert.Equal((3, 1), (Of("requests_started_total", "acme"), Of("requests_started_total", "other")));
        Assert.Equal((0, 0), (Of("requests_waiting", "acme"), Of("requests_running", "acme")));
        Assert.InRange(Of("wait_time_seconds_total", "acme"), 0.000_000_1, 60);
        Assert.DoesNotContain("gateway_tenant=\"_other\"", metrics, StringComparison.Ordinal);

        double Of(string name, string tenant) => double.Parse(
            metrics.Split('\n').Single(l => l.StartsWith($"gateway_engine_tenant_{name}{{", StringComparison.Ordinal) && l.Contains("gateway_deployment=\"d\"", StringComparison.Ordinal)
                && l.Contains($"gateway_tenant=\"{tenant}\"", StringComparison.Ordinal)).Split(' ')[^1],
            CultureInfo.InvariantCulture);
    }

    private static async Task<(long Prompt, long Cached, long Output)> UsageAsync(TestGateway gateway, string key)
    {
        using var response = await gateway.PostAsync(TestGateway.Prompt("tiny", ",\"max_tokens\":7"), key: key);
        Assert.Equal(200, (int)response.StatusCode);
        var usage = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync()).GetProperty("usage");
        return (
            usage.GetProperty("prompt_tokens").GetInt64(),
            usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt64(),
            usage.GetProperty("completion_tokens").GetInt64());
    }
}
