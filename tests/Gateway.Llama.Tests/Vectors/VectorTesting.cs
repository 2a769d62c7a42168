namespace Gateway.Llama.Tests.Vectors;

internal static class VectorTesting
{
    public static Task<IReadOnlyList<float[]>> EmbedAsync(this LlamaEngine engine, params string[] texts) =>
        engine.ComputeAsync([.. texts.Select(text => engine.Tokenize(text, addSpecial: true, parseSpecial: false))]);

    public static async Task<IReadOnlyList<float[]>> ComputeAsync(this LlamaEngine engine, IReadOnlyList<int[]> texts)
    {
        var result = await engine.SubmitVectors(texts);
        Assert.Equal(FinishReason.Stop, result.Reason);
        return result.Vectors;
    }

    public static Task<VectorResult> SubmitVectors(this LlamaEngine engine, IReadOnlyList<int[]> texts, CancellationToken cancellationToken = default) =>
        engine.TryComputeVectors(texts, cancellationToken, out var result) ? result : throw new InvalidOperationException("The queue is full.");

    public static double Dot(float[] first, float[] second) => first.Zip(second, (a, b) => (double)a * b).Sum();

    public static void AssertNear(float[] expected, float[] actual, double bound)
    {
        Assert.Equal(expected.Length, actual.Length);
        var difference = expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max();
        var cosine = Dot(expected, actual);
        Assert.True(difference <= bound && cosine >= 0.999, $"The largest difference is {difference}, the cosine {cosine}.");
    }
}
