namespace Gateway.Benchmarks.EngineVs;

/// <summary>
/// What guessing the next tokens brings: the gateway with it against itself as it comes, and against llama-server where that is there. By lookup, or by what
/// <c>guesses</c> names, such as <c>guesses='draft_model: small.gguf'</c> beside <c>model=large.gguf</c>.
/// </summary>
internal static class SpeculationPart
{
    public static async Task RunAsync(Comparison comparison, EngineClient client, ColdText text)
    {
        using var guessing = await GatewayServer.StartAsync(comparison.Options with { Deployment = comparison.Options.Guesses }, "gateway that guesses");
        var guesses = new Comparison(guessing, comparison.Servers[0], comparison.Options);
        await client.StreamAsync(guessing, new EngineCall(text.Of(200), 32));
        foreach (var streams in (int[])[1, 8])
        {
            // Greedy, and kept from ending, this model repeats itself: what a quotation or a corrected text is for a larger one.
            await RunAsync(guesses, client, text, $"{streams} streams that repeat", "more than 1.00x", streams, temperature: 0);
            await RunAsync(guesses, client, text, $"{streams} streams that do not", "at least 0.97x", streams, temperature: 1.5);
        }

        await RunAsync(new Comparison(guessing, comparison.Servers[^1], comparison.Options), client, text, "1 stream that repeats", "more than 1.00x", streams: 1, temperature: 0);
    }

    private static Task RunAsync(Comparison comparison, EngineClient client, ColdText text, string what, string aim, int streams, double temperature) =>
        StreamParts.RunThroughputAsync(
            comparison, client, what, aim, streams, () => new EngineCall($"Write these words again and again: {text.Of(12)}", 192, Temperature: temperature));
}
