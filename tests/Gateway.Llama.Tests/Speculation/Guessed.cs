using Gateway.Llama.Tests.Scheduling;

namespace Gateway.Llama.Tests.Speculation;

/// <summary>What holds of answers wherever guesses come from: they are as without.</summary>
internal static class Guessed
{
    /// <summary>Tokens, texts and log probabilities are those of an engine that does not guess.</summary>
    public static async Task AssertSameAsync(LlamaEngine without, IEnumerable<GenerationRequest> requests, IEnumerable<Answer> answers)
    {
        foreach (var (request, answer) in requests.Zip(answers))
        {
            var expected = await without.AskAsync(request);
            Assert.Equal(expected.Tokens, answer.Tokens);
            Assert.Equal(expected.Text, answer.Text);
            Assert.Equal(expected.Logprobs.Select(l => (l.Chosen.Token, l.Top.Count)), answer.Logprobs.Select(l => (l.Chosen.Token, l.Top.Count)));
            Assert.All(expected.Logprobs.Zip(answer.Logprobs), pair => Assert.Equal(pair.First.Chosen.Logprob, pair.Second.Chosen.Logprob, 0.05));
        }
    }

    /// <summary>What goes on from an answer finds the same in the cache, and nothing of guesses that were wrong.</summary>
    public static async Task AssertNothingLeftAsync(LlamaEngine with, LlamaEngine without, GenerationRequest first)
    {
        int[] next = [.. first.Prompt, .. (await with.AskAsync(first)).Tokens, .. PrefixCacheTests.Numbers(20, 5)];
        await without.AskAsync(first);
        var request = new GenerationRequest { Prompt = next, MaxTokens = 1, Sampling = Answers.Greedy, TopLogprobs = 5 };

        var (expected, actual) = (await without.AskAsync(request), await with.AskAsync(request));

        Assert.Equal(expected.Generation.CachedTokens, actual.Generation.CachedTokens);
        Assert.All(
            expected.Logprobs[0].Top.OrderBy(a => a.Token).Zip(actual.Logprobs[0].Top.OrderBy(a => a.Token)),
            pair => Assert.Equal(pair.First.Logprob, pair.Second.Logprob, 0.05));
    }
}
