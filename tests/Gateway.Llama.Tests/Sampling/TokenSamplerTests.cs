using FsCheck;
using FsCheck.Fluent;
using Gateway.Llama.Sampling;
using LLama.Native;

namespace Gateway.Llama.Tests.Sampling;

public sealed class TokenSamplerTests
{
    private const int Vocabulary = 1003;

    [Theory]
    [InlineData(40, 1f, 0f, 1f)]
    [InlineData(40, 0.8f, 0f, 1f)]
    [InlineData(40, 0.9f, 0.2f, 0.7f)]
    [InlineData(0, 0.5f, 0f, 1.3f)]
    [InlineData(0, 0.95f, 0f, 1f)]
    [InlineData(0, 1f, 0.1f, 1f)]
    [InlineData(0, 1f, 0f, 1f)]
    [InlineData(0, 1f, 0f, 0.5f)]
    [InlineData(3, 0f, 0f, 1f)]
    [InlineData(5000, 0.3f, 0.01f, 2f)]
    public void Draws_have_the_probabilities_of_libllamas_own_chain(int topK, float topP, float minP, float temperature)
    {
        var options = new SamplingOptions { TopK = topK, TopP = topP, MinP = minP, Temperature = temperature };
        var logits = RandomLogits(seed: 7);
        var expected = ProbabilitiesOfLibllama(logits, options);
        var sampler = new TokenSampler(Vocabulary);
        const int Draws = 4000;

        var state = new SamplingState(options with { Seed = 42 });
        var counts = new int[Vocabulary];
        for (var i = 0; i < Draws; i++)
        {
            counts[sampler.Draw([.. logits], state)]++;
        }

        for (var token = 0; token < Vocabulary; token++)
        {
            // Five standard deviations of a binomial; none at all for what the chain left out.
            var deviation = 5 * Math.Sqrt(Draws * expected[token] * (1 - expected[token]));
            Assert.InRange(counts[token], (Draws * expected[token]) - deviation - 0.5, (Draws * expected[token]) + deviation + (expected[token] > 0 ? 3 : 0));
        }
    }

    [Fact]
    public void The_top_tokens_are_those_of_a_full_sort()
    {
        var numbers = Gen.OneOf(
            Gen.Elements(0f, 1f, -1f, float.NaN, float.NegativeInfinity),
            Gen.Choose(-1000, 1000).Select(number => number / 8f));
        var rows = from row in Gen.ArrayOf(numbers).Resize(200)
                   from count in Gen.Choose(1, 20)
                   select (row, count);
        var top = new TopTokens(4);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(rows.ToArbitrary(), input =>
        {
            var (row, count) = input;

            top.Select(row, count);

            var expected = Enumerable.Range(0, row.Length)
                .Where(token => row[token] > float.NegativeInfinity)
                .OrderByDescending(token => row[token]).ThenBy(token => token)
                .Take(count)
                .ToArray();
            Assert.Equal(expected, top.Tokens.ToArray());
            Assert.Equal(expected.Select(token => row[token]), top.Logits.ToArray());
        }));
    }

    [Fact]
    public void The_same_seed_draws_the_same_tokens_and_another_one_others()
    {
        var first = DrawMany(new SamplingOptions { Seed = 1 });

        Assert.Equal(first, DrawMany(new SamplingOptions { Seed = 1 }));
        Assert.NotEqual(first, DrawMany(new SamplingOptions { Seed = 2 }));
    }

    [Fact]
    public void Without_a_seed_every_request_draws_differently() =>
        Assert.NotEqual(DrawMany(new SamplingOptions()), DrawMany(new SamplingOptions()));

    [Fact]
    public void Temperature_zero_takes_the_likeliest_whatever_the_rest_says()
    {
        var logits = RandomLogits(3);
        logits[500] = 100;

        Assert.Equal(500, new TokenSampler(Vocabulary).Draw(logits, new SamplingState(new SamplingOptions { Temperature = 0, TopK = 0, MinP = 0.5f })));
    }

    [Fact]
    public void Penalties_follow_OpenAIs_formula()
    {
        var state = new SamplingState(new SamplingOptions { FrequencyPenalty = 0.5f, PresencePenalty = 0.25f });
        state.Accept(2);
        state.Accept(2);
        state.Accept(3);
        float[] logits = [1, 1, 1, 1];

        state.Penalize(logits);

        Assert.Equal([1, 1, 1 - (2 * 0.5f) - 0.25f, 1 - 0.5f - 0.25f], logits);
    }

    [Fact]
    public void A_bias_is_added_to_the_tokens_that_it_names()
    {
        var state = new SamplingState(new SamplingOptions { LogitBias = new Dictionary<int, float> { [1] = 2.5f, [3] = -0.5f, [0] = -100 } });
        float[] logits = [1, 1, 1, 1];

        state.Bias(logits);

        Assert.Equal([float.NegativeInfinity, 3.5f, 1, 0.5f], logits);
    }

    [Theory]
    [InlineData(0, 0f)]
    [InlineData(0, 2f)]
    [InlineData(40, 2f)]
    public void A_bias_of_100_lets_only_these_tokens_be_drawn_and_one_of_minus_100_never(int topK, float temperature)
    {
        var logits = RandomLogits(5);
        logits[500] = 300;
        var options = new SamplingOptions { TopK = topK, Temperature = temperature, Seed = 3, LogitBias = new Dictionary<int, float> { [7] = 100, [8] = 100, [9] = -100 } };
        var state = new SamplingState(options);
        var banned = new SamplingState(options with { LogitBias = new Dictionary<int, float> { [500] = -100 } });
        var sampler = new TokenSampler(Vocabulary);
        for (var i = 0; i < 200; i++)
        {
            Assert.InRange(sampler.Draw([.. logits], state), 7, 8);
            Assert.NotEqual(500, sampler.Draw([.. logits], banned));
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(float.PositiveInfinity)]
    public void Logits_that_are_no_numbers_give_no_token(float logit)
    {
        var logits = new float[Vocabulary];
        logits.AsSpan().Fill(logit);
        var sampler = new TokenSampler(Vocabulary);

        Assert.Equal(TokenSampler.None, sampler.Draw(logits, new SamplingState(new SamplingOptions())));
        Assert.Equal(TokenSampler.None, sampler.Draw(logits, new SamplingState(new SamplingOptions { Temperature = 0 })));
        Assert.Equal(TokenSampler.None, sampler.Draw(logits, new SamplingState(new SamplingOptions { TopK = 0, TopP = 0.5f })));
    }

    [Fact]
    public void A_single_number_among_none_is_drawn()
    {
        var logits = new float[Vocabulary];
        logits.AsSpan().Fill(float.NaN);
        logits[77] = -3;

        Assert.Equal(77, new TokenSampler(Vocabulary).Draw(logits, new SamplingState(new SamplingOptions { TopK = 0 })));
        Assert.Equal(77, new TokenSampler(Vocabulary).Draw(logits, new SamplingState(new SamplingOptions { TopK = 0, TopP = 0.9f })));
    }

    private static int[] DrawMany(SamplingOptions options)
    {
        var sampler = new TokenSampler(Vocabulary);
        var state = new SamplingState(options);
        return [.. Enumerable.Range(0, 50).Select(_ => sampler.Draw(RandomLogits(11), state))];
    }

    private static float[] RandomLogits(int seed)
    {
        var random = new TokenRandom((ulong)seed);
        return [.. Enumerable.Range(0, Vocabulary).Select(_ => (float)(random.NextDouble() * 6))];
    }

    private static double[] ProbabilitiesOfLibllama(float[] logits, SamplingOptions options)
    {
        using var chain = SafeLLamaSamplerChainHandle.Create(LLamaSamplerChainParams.Default());
        chain.AddTopK(options.TopK);
        chain.AddTopP(options.TopP, minKeep: 1);
        chain.AddMinP(options.MinP, minKeep: 1);
        chain.AddTemperature(options.Temperature);
        chain.AddDistributionSampler(1);
        var probabilities = new double[logits.Length];
        using var pinned = LLamaTokenDataArrayNative.Create(LLamaTokenDataArray.Create(logits), out var candidates);
        chain.Apply(ref candidates);
        foreach (var candidate in candidates.Data)
        {
            probabilities[(int)candidate.ID] = candidate.Probability;
        }

        return probabilities;
    }
}
