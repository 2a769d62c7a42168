using Gateway.Configuration;

namespace Gateway.Tests.Configuration;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("1B", 1)]
    [InlineData("2kB", 2_000)]
    [InlineData("512MiB", 512L << 20)]
    [InlineData("12GiB", 12L << 30)]
    [InlineData("16GB", 16_000_000_000)]
    [InlineData("1TiB", 1L << 40)]
    [InlineData("999999999TiB", 1L << 62)]
    public void Amounts_have_one_number_and_one_unit(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out var size));
        Assert.Equal(bytes, size.Bytes);
        Assert.Matches(ByteSize.Pattern, text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GiB")]
    [InlineData("12")]
    [InlineData("0MiB")]
    [InlineData("012MiB")]
    [InlineData("12 GiB")]
    [InlineData("12G")]
    [InlineData("-1GiB")]
    [InlineData("1234567890B")]
    public void All_else_is_none(string text)
    {
        Assert.False(ByteSize.TryParse(text, out _));
        Assert.DoesNotMatch(ByteSize.Pattern, text);
    }
}
