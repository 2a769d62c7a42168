using System.Text.Json;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Engine;

/// <summary>What a tenant's requests begin with is read once, for that tenant.</summary>
public sealed class SharedPromptTests
{
    private const string LongText = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty "
        + "and then all the way back again from twenty nineteen eighteen seventeen sixteen fifteen fourteen thirteen twelve eleven ten nine eight seven six";

    [SharedFact]
    public async Task The_same_prompt_again_is_told_as_cached_to_its_own_tenant_alone()
    {
        await using var gateway = await TestGateway.StartAsync(File());

        var first = await UsageAsync(gateway, TestKeys.Acme);
        var second = await UsageAsync(gateway, TestKeys.Acme);
        var others = await UsageAsync(gateway, TestKeys.Other);

        var prompt = first.GetProperty("prompt_tokens").GetInt32();
        Assert.Equal([0, prompt - 1, 0], new[] { first, second, others }.Select(u => u.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32()));
        var metrics = (await gateway.MetricsAsync()).Split('\n');
        Assert.Contains(metrics, l => l.StartsWith("gateway_engine_prompt_cached_tokens", StringComparison.Ordinal) && l.EndsWith($" {prompt - 1}", StringComparison.Ordinal));
        Assert.Contains(metrics, l => l.StartsWith("gateway_engine_kv_cached", StringComparison.Ordinal) && !l.EndsWith(" 0", StringComparison.Ordinal));
        Assert.Contains(metrics, l => l.StartsWith("gateway_engine_kv_used", StringComparison.Ordinal) && l.EndsWith(" 0", StringComparison.Ordinal));
    }

    [SharedFact]
    public async Task Without_the_cache_every_prompt_is_read()
    {
        await using var gateway = await TestGateway.StartAsync(File("prefix_cache: false"));

        await UsageAsync(gateway, TestKeys.Acme);

        Assert.Equal(0, (await UsageAsync(gateway, TestKeys.Acme)).GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32());
    }

    [SharedFact]
    public async Task Several_answers_to_one_prompt_read_it_once()
    {
        await using var gateway = await TestGateway.StartAsync(File());

        var usage = await UsageAsync(gateway, TestKeys.Acme, ""","n":4""");

        Assert.Equal(0, usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32());
        Assert.Contains(
            (await gateway.MetricsAsync()).Split('\n'),
            l => l.StartsWith("gateway_engine_prompt_tokens", StringComparison.Ordinal) && l.EndsWith($" {usage.GetProperty("prompt_tokens").GetInt32() + 3}", StringComparison.Ordinal));
    }

    [SharedTheory]
    [InlineData("")]
    [InlineData("isolation: process")]
    public async Task An_operators_own_prompt_is_read_once_for_all_tenants_and_nothing_behind_it(string isolation)
    {
        await using var gateway = await TestGateway.StartAsync(File($"shared_prompts: [short one, \"{LongText}\"]" + (isolation.Length > 0 ? ", " + isolation : "")));

        var first = await ChatAsync(gateway, TestKeys.Acme, LongText + " For Ana.", "What is that?");
        var own = await ChatAsync(gateway, TestKeys.Acme, LongText + " For Ana.", "What is that?");
        var others = await ChatAsync(gateway, TestKeys.Other, LongText + " For Ana.", "What is that?");
        var another = await ChatAsync(gateway, TestKeys.Other, LongText, "And this?");
        var unlisted = await ChatAsync(gateway, TestKeys.Other, "Now " + LongText, "And this?");

        Assert.Equal(0, first.Cached);
        Assert.Equal(first.Prompt - 1, own.Cached);
        Assert.InRange(others.Cached, LongText.Count(c => c == ' '), first.Prompt - 10);
        Assert.InRange(another.Cached, others.Cached - 1, others.Cached);
        Assert.Equal(0, unlisted.Cached);
    }

    [SharedFact]
    public async Task So_is_an_operators_own_beginning_of_a_text_to_continue()
    {
        await using var gateway = await TestGateway.StartAsync(File("shared_prompts: [one two three four five six seven eight nine ten]"));

        await UsageAsync(gateway, TestKeys.Acme);

        var others = (await UsageAsync(gateway, TestKeys.Other)).GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32();
        Assert.InRange(others, 10, LongText.Count(c => c == ' ') - 10);
    }

    private static GatewayFile File(string more = "") => new GatewayFile()
        .Model("tiny", "tiny")
        .Local("tiny", SharedModels.Tiny("tiny-llama.gguf"), "context_length: 512" + (more.Length > 0 ? ", " + more : ""))
        .Tenant("acme", TestKeys.Acme, "tiny")
        .Tenant("other", TestKeys.Other, "tiny");

    private static async Task<(int Prompt, int Cached)> ChatAsync(TestGateway gateway, string key, string system, string user)
    {
        using var response = await gateway.PostAsync(
            $$"""{"model":"tiny","messages":[{"role":"system","content":"{{system}}"},{"role":"user","content":"{{user}}"}],"max_tokens":3}""", "/v1/chat/completions", key);
        Assert.Equal(200, (int)response.StatusCode);
        var usage = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync()).GetProperty("usage");
        return (usage.GetProperty("prompt_tokens").GetInt32(), usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32());
    }

    private static async Task<JsonElement> UsageAsync(TestGateway gateway, string key, string more = "")
    {
        using var response = await gateway.PostAsync($$"""{"model":"tiny","prompt":"{{LongText}}","max_tokens":3,"temperature":0{{more}}}""", "/v1/completions", key);
        Assert.Equal(200, (int)response.StatusCode);
        return JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync()).GetProperty("usage");
    }
}
