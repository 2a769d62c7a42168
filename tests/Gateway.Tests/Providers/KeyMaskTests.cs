using System.Text;
using Gateway.Providers;

namespace Gateway.Tests.Providers;

public sealed class KeyMaskTests
{
    [Theory]
    [InlineData("sk-12345", "{\"a\":\"Bearer sk-12345, sk-12345\"}", "{\"a\":\"Bearer ********, ********\"}")]
    [InlineData("none", "{\"tool_choice\":\"none\"}", "{\"tool_choice\":\"none\"}")]
    [InlineData("x", "{\"index\":0}", "{\"index\":0}")]
    [InlineData("", "{}", "{}")]
    public void A_key_is_blanked_and_a_word_in_the_place_of_one_is_not(string key, string text, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(text);

        KeyMask.Apply(bytes, Encoding.UTF8.GetBytes(key));

        Assert.Equal(expected, Encoding.UTF8.GetString(bytes));
    }
}
