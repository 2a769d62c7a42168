namespace Gateway.Benchmarks.EngineVs;

/// <summary>What a prefix costs that was seen before: by the same tenant at once, by the same one later, by another.</summary>
internal static class PrefixParts
{
    private const int Prefix = 1_500;
    private const int Requests = 8;

    public static Task RunSharedAsync(Comparison comparison, EngineClient client, ColdText text) =>
        comparison.RunAsync($"tokens of prompts computed for {Requests} requests at once that share {Prefix} tokens and add 20 each", $"about {Prefix + (Requests * 20)}, once", async (server, _) =>
        {
            var prefix = text.Of(Prefix);
            var before = await server.CountAsync(client.Http);
            await Task.WhenAll(Enumerable.Range(0, Requests).Select(_ => client.StreamAsync(server, new EngineCall($"{prefix} {text.Of(20)}", 4))));
            return (await server.CountAsync(client.Http)).PromptTokens - before.PromptTokens;
        });

    public static async Task RunKnownAsync(Comparison comparison, EngineClient client, ColdText text)
    {
        await comparison.RunAsync($"time to first token of {Prefix} new tokens, in ms", "none", async (server, _) =>
            (await client.StreamAsync(server, new EngineCall(text.Of(Prefix), 1))).FirstToken);
        await comparison.RunAsync($"time to first token of {Prefix} known tokens and 20 new, in ms", "at most 1.00x", async (server, _) =>
        {
            var prefix = text.Of(Prefix);
            await client.StreamAsync(server, new EngineCall($"{prefix} {text.Of(20)}", 1));
            return (await client.StreamAsync(server, new EngineCall($"{prefix} {text.Of(20)}", 1))).FirstToken;
        });
        await comparison.RunAsync("time to first token of a conversation's third turn, in ms", "at most 1.00x", async (server, _) =>
        {
            var turn = text.Of(Prefix / 3);
            await client.StreamAsync(server, new EngineCall(turn, 32));
            turn += " " + text.Of(Prefix / 3);
            await client.StreamAsync(server, new EngineCall(turn, 32));
            return (await client.StreamAsync(server, new EngineCall($"{turn} {text.Of(20)}", 1))).FirstToken;
        });
    }

    /// <summary>What one tenant learns of another by the clock. llama-server knows none: there both are the same client.</summary>
    public static async Task RunTenantsAsync(Comparison comparison, EngineClient client, ColdText text)
    {
        var times = comparison.Servers.ToDictionary(s => s, _ => (Cold: new List<double>(), Others: new List<double>(), Own: new List<double>()));
        for (var round = 0; round < comparison.Options.Rounds; round++)
        {
            foreach (var server in comparison.Servers)
            {
                var (secret, other) = (text.Of(Prefix), text.Of(Prefix));
                await client.StreamAsync(server, new EngineCall(secret, 1, Tenant: 0));
                times[server].Own.Add((await client.StreamAsync(server, new EngineCall(secret, 1, Tenant: 0))).FirstToken);

                // Now before, now after: what runs second may run warmer.
                foreach (var cached in round % 2 == 0 ? (bool[])[true, false] : [false, true])
                {
                    var result = await client.StreamAsync(server, new EngineCall(cached ? secret : other, 1, Tenant: 1));
                    (cached ? times[server].Others : times[server].Cold).Add(result.FirstToken);
                }
            }
        }

        foreach (var (server, (cold, others, own)) in times)
        {
            Console.WriteLine(
                $"time to first token of {Prefix} tokens that another tenant has cached, against cold: {server.Name} {Comparison.Median(others.Zip(cold, (o, c) => o / c)):F2}x "
                + $"[{others.Zip(cold, (o, c) => o / c).Min():F2} to {others.Zip(cold, (o, c) => o / c).Max():F2}] "
                + $"({Comparison.Median(others):F0} ms and {Comparison.Median(cold):F0} ms; one's own {Comparison.Median(own):F0} ms) (aim 1.00x)");
        }
    }
}
