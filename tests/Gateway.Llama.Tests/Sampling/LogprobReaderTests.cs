using Gateway.Llama.Sampling;

namespace Gateway.Llama.Tests.Sampling;

public sealed class LogprobReaderTests
{
    [Theory]
    [InlineData(1, 0f)]
    [InlineData(7, 0f)]
    [InlineData(1003, 0f)]
    [InlineData(1003, 5000f)]
    [InlineData(1003, -5000f)]
    public void Probabilities_are_over_the_whole_row(int count, float shift)
    {
        var random = new TokenRandom(9);
        float[] logits = [.. Enumerable.Range(0, count).Select(_ => shift + (float)(random.NextDouble() * 30))];
        var most = logits.Max();
        var total = most + Math.Log(logits.Sum(logit => Math.Exp(logit - (double)most)));
        var reader = new LogprobReader();

        reader.Keep(logits);
        var read = reader.Read(count / 2, 5);

        Assert.Equal(count / 2, read.Chosen.Token);
        Assert.Equal(logits[count / 2] - total, read.Chosen.Logprob, 1e-3);
        var likeliest = Enumerable.Range(0, count).OrderByDescending(token => logits[token]).Take(5).ToArray();
        Assert.Equal(likeliest, read.Top.Select(top => top.Token));
        Assert.All(read.Top, top => Assert.Equal(logits[top.Token] - total, top.Logprob, 1e-3));
    }

    [Fact]
    public void What_is_done_to_the_logits_after_they_were_kept_changes_nothing()
    {
        float[] logits = [1, 2, 3];
        var reader = new LogprobReader();
        reader.Keep(logits);
        logits.AsSpan().Fill(float.NegativeInfinity);

        var read = reader.Read(0, 0);

        Assert.Empty(read.Top);
        Assert.Equal(1 - Math.Log(Math.E + Math.Exp(2) + Math.Exp(3)), read.Chosen.Logprob, 1e-5);
    }

    [Fact]
    public void Logits_that_are_no_numbers_count_as_impossible()
    {
        var logits = new float[50];
        logits.AsSpan().Fill(float.NaN);
        logits[3] = 1;
        logits[44] = 1;
        logits[45] = float.NegativeInfinity;
        var reader = new LogprobReader();
        reader.Keep(logits);

        var read = reader.Read(44, 20);

        Assert.Equal([3, 44], read.Top.Select(top => top.Token));
        Assert.Equal(-Math.Log(2), read.Chosen.Logprob, 1e-6);
    }
}
