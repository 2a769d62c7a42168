using Gateway.Llama.Vectors;

namespace Gateway.Llama.Tests.Vectors;

public sealed class VectorMathTests
{
    [Fact]
    public void A_vector_is_scaled_to_length_1_also_a_huge_or_tiny_one()
    {
        foreach (var scale in new[] { 1f, 1e30f, 1e-30f })
        {
            float[] vector = [3 * scale, -4 * scale];

            Assert.True(VectorMath.TryNormalize(vector));
            Assert.Equal(0.6f, vector[0], 6);
            Assert.Equal(-0.8f, vector[1], 6);
        }
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_vector_without_a_direction_is_none(float number) => Assert.False(VectorMath.TryNormalize(new[] { number, 0f }));

    [Fact]
    public void The_mean_of_windows_weighs_them_by_their_tokens_and_has_length_1()
    {
        var mean = VectorMath.Average([new WindowVector([1, 0], 3), new WindowVector([0, 1], 4)]);

        Assert.Equal(0.6f, mean[0], 6);
        Assert.Equal(0.8f, mean[1], 6);
    }

    [Fact]
    public void The_first_numbers_alone_have_length_1_again() => Assert.Equal([0.6f, 0.8f], VectorMath.Shorten([0.3f, 0.4f, 0.8660254f], 2), (a, b) => Math.Abs(a - b) < 1e-6);
}
