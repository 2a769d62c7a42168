using System.Text;

namespace Gateway.Llama.Tests;

/// <summary>A finished generation, as its reader saw it.</summary>
internal sealed record Answer(string Text, int[] Tokens, FinishReason Reason, Generation Generation)
{
    public IReadOnlyList<GeneratedToken> Logprobs { get; init; } = [];
}

internal static class Answers
{
    /// <summary>The likeliest token each time: what there is reference output for.</summary>
    public static SamplingOptions Greedy { get; } = new() { Temperature = 0 };

    public static Generation Submit(this LlamaEngine engine, GenerationRequest request, CancellationToken cancellationToken = default) =>
        engine.TrySubmit(request, cancellationToken, out var generation)
            ? generation
            : throw new InvalidOperationException("The queue is full.");

    /// <summary>All in one step: none is ahead of the others.</summary>
    public static IReadOnlyList<Generation> SubmitAll(this LlamaEngine engine, IReadOnlyList<GenerationRequest> requests, CancellationToken cancellationToken = default) =>
        engine.TrySubmit(requests, cancellationToken, out var generations)
            ? generations
            : throw new InvalidOperationException("The queue is full.");

    public static Task<Answer> AskAsync(this LlamaEngine engine, string prompt, int maxTokens, SamplingOptions? sampling = null, params string[] stop) =>
        engine.AskAsync(new GenerationRequest
        {
            Prompt = engine.Tokenize(prompt, addSpecial: true, parseSpecial: true),
            MaxTokens = maxTokens,
            Sampling = sampling ?? Greedy,
            Stop = stop,
        });

    public static Task<Answer> AskAsync(this LlamaEngine engine, string prompt, int maxTokens, IReadOnlyList<AppliedAdapter> adapters) =>
        engine.AskAsync(new GenerationRequest
        {
            Prompt = engine.Tokenize(prompt, addSpecial: true, parseSpecial: true),
            MaxTokens = maxTokens,
            Sampling = Greedy,
            TopLogprobs = 20,
            Adapters = adapters,
        });

    /// <summary>Waits until what has ended is put away.</summary>
    public static async Task RestAsync(this LlamaEngine engine)
    {
        while (!engine.Scheduler!.IsAtRest)
        {
            await Task.Yield();
        }
    }

    public static Task<Answer> AskAsync(this LlamaEngine engine, GenerationRequest request) => engine.Submit(request).ReadToEndAsync();

    /// <summary>Asks, and leaves after so many pieces of the answer; null stays to its end.</summary>
    public static async Task<Generation> AskAndLeaveAsync(this LlamaEngine engine, GenerationRequest request, int? cancelAfter)
    {
        using var cancellation = new CancellationTokenSource();
        var generation = engine.Submit(request, cancellation.Token);
        for (var read = 0; read < cancelAfter && !(await generation.ReadAsync(CancellationToken.None)).IsLast; read++)
        {
        }

        if (cancelAfter is not null)
        {
            await cancellation.CancelAsync();
        }

        await generation.ReadToEndFromHereAsync();
        Assert.Null(generation.Error);
        return generation;
    }

    public static async Task<Answer> ReadToEndAsync(this Generation generation)
    {
        var text = new StringBuilder();
        var logprobs = new List<GeneratedToken>();
        var tokens = 0;
        while (true)
        {
            var chunk = await generation.ReadAsync(CancellationToken.None);
            text.Append(chunk.Text);
            logprobs.AddRange(chunk.Logprobs);
            tokens += chunk.Tokens;
            if (chunk.IsLast)
            {
                Assert.Equal(generation.CompletionTokens, tokens);
                return new Answer(text.ToString(), generation.TokenIds, generation.FinishReason!.Value, generation) { Logprobs = logprobs };
            }
        }
    }

    /// <summary>Reads what is left of a generation that was read from already.</summary>
    public static async Task<Generation> ReadToEndFromHereAsync(this Generation generation)
    {
        while (!(await generation.ReadAsync(CancellationToken.None)).IsLast)
        {
        }

        return generation;
    }
}
