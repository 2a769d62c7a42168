using System.Diagnostics;
using System.Text.Json;
using Gateway.Benchmarks.EngineVs;
using Gateway.Llama;
using Gateway.Llama.Grammars;
using Gateway.Tests;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Benchmarks;

/// <summary>Tokens per second of the shipped model with a grammar against none, in turns so that both meet the same machine.</summary>
internal static class GrammarBenchmark
{
    private const int Tokens = 96;
    private const int Rounds = 7;

    // Arrays long enough never to end within the tokens; the second is what the model would not write by itself, so that most draws are repeated.
    private static readonly (string Name, string? Schema)[] Kinds =
    [
        ("no grammar", null),
        ("a schema", """{"type":"array","minItems":50,"items":{"type":"object","properties":{"name":{"type":"string","maxLength":60},"age":{"type":"integer","minimum":0,"maximum":120},"likes":{"type":"array","items":{"type":"string"},"maxItems":3}},"required":["name","age","likes"],"additionalProperties":false}}"""),
        ("a schema against the model's will", """{"type":"array","minItems":50,"items":{"type":"string","pattern":"^[QXZ]{3}\\d[QXZ]{2}$"}}"""),
        ("any JSON", "{}"),
    ];

    public static async Task<int> RunAsync()
    {
        var options = new LlamaEngineOptions { ModelPath = Repository.PathOf("src/Gateway/models/SmolLM2-135M-Instruct-Q4_1.gguf"), ContextLength = 512, CacheCells = 2048 };
        await using var engine = await LlamaEngine.LoadAsync(options, NullLoggerFactory.Instance, null, CancellationToken.None);
        foreach (var streams in (int[])[1, 4])
        {
            var rates = Kinds.Select(_ => new List<double>()).ToList();
            for (var round = 0; round <= Rounds; round++)
            {
                for (var kind = 0; kind < Kinds.Length; kind++)
                {
                    var rate = await MeasureAsync(engine, streams, Kinds[kind].Schema);

                    // The first round warms up.
                    if (round > 0)
                    {
                        rates[kind].Add(rate);
                    }
                }
            }

            var free = Comparison.Median(rates[0]);
            for (var kind = 0; kind < Kinds.Length; kind++)
            {
                Console.WriteLine($"grammar: {streams} streams, {Kinds[kind].Name}: {Comparison.Median(rates[kind]):F0} tokens/s ({Comparison.Median(rates[kind]) / free:F2}x of none)");
            }
        }

        return 0;
    }

    private static async Task<double> MeasureAsync(LlamaEngine engine, int streams, string? schema)
    {
        GrammarConstraint? constraint = null;
        if (schema is not null)
        {
            var builder = new GrammarBuilder();
            constraint = builder.TrySchema(JsonElement.Parse(schema), "schema", out var node, out var error)
                ? new GrammarConstraint(builder.Build(node!))
                : throw new InvalidOperationException(error!.Message);
        }

        var prompt = engine.Tokenize("<|im_start|>user\nWrite a long JSON array of people.<|im_end|>\n<|im_start|>assistant\n[{", addSpecial: false, parseSpecial: true);
        var end = engine.Tokenize("<|im_end|>", addSpecial: false, parseSpecial: true)[0];
        var started = Stopwatch.GetTimestamp();
        var tokens = 0;
        await Task.WhenAll(Enumerable.Range(0, streams).Select(async stream =>
        {
            var request = new GenerationRequest
            {
                Prompt = prompt,
                MaxTokens = Tokens,
                Grammar = constraint,

                // Answers of the same length, also where the model would end.
                Sampling = new SamplingOptions { Seed = (uint)stream, LogitBias = new Dictionary<int, float> { [end] = -100 } },
            };
            if (!engine.TrySubmit(request, CancellationToken.None, out var generation))
            {
                throw new InvalidOperationException("The queue is full.");
            }

            while (!(await generation.ReadAsync(CancellationToken.None)).IsLast)
            {
            }

            Interlocked.Add(ref tokens, generation.CompletionTokens);
        }));
        return tokens / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
