using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Tenants;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Tenants;

public sealed class NetworksTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.255.255.255", true)]
    [InlineData("10.0.0.0/8", "11.0.0.0", false)]
    [InlineData("10.0.0.0/8", "::ffff:10.1.2.3", true)]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("0.0.0.0/0", "203.0.113.1", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("2001:db8::/32", "2001:db8:ffff::1", true)]
    [InlineData("2001:db8::/32", "2001:db9::1", false)]
    [InlineData("::ffff:10.0.0.0/104", "10.1.2.3", true)]
    [InlineData("::1", "::1", true)]
    [InlineData("::/0", "10.0.0.1", false)]
    public void An_address_is_in_a_range_or_not(string network, string address, bool isIn)
    {
        Assert.True(Networks.TryParse(network, out var parsed));
        Assert.Equal(isIn, new[] { parsed }.Contain(Networks.Normal(IPAddress.Parse(address))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("10/8")]
    [InlineData("010.0.0.1")]
    [InlineData("0x0a.0.0.1")]
    [InlineData("167772161")]
    [InlineData("10.0.0.1/8")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0.0.0/8/8")]
    [InlineData("2001:db8::1/32")]
    [InlineData("localhost")]
    [InlineData("' OR 1=1 --")]
    public void What_can_be_misread_is_no_network(string text) => Assert.False(Networks.TryParse(text, out _));

    [Fact]
    public void A_range_holds_the_addresses_that_share_its_first_bits_and_no_others() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll<uint, uint, byte>((a, b, bits) =>
        {
            var length = bits % 33;
            var mask = length == 0 ? 0 : uint.MaxValue << (32 - length);
            Assert.True(Networks.TryParse($"{Address(a & mask)}/{length}", out var network));
            return new[] { network }.Contain(Address(b)) == ((a & mask) == (b & mask)) && new[] { network }.Contain(Address(a));
        }));

    [Fact]
    public void Any_text_is_read_or_refused() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll<string?>(text => Networks.TryParse(text ?? "", out _) || true));

    // From the right, past the proxies that are trusted; what stands left of the first stranger is never read.
    [Theory]
    [InlineData("203.0.113.9", "", "203.0.113.9")]
    [InlineData("203.0.113.9", "198.51.100.1", "203.0.113.9")]
    [InlineData("10.0.0.1", "", "10.0.0.1")]
    [InlineData("10.0.0.1", "198.51.100.1", "198.51.100.1")]
    [InlineData("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1")]
    [InlineData("10.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1")]
    [InlineData("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.0.0.2", "198.51.100.1")]
    [InlineData("10.0.0.1", "nonsense, 198.51.100.1", "198.51.100.1")]
    [InlineData("10.0.0.1", "198.51.100.1:4711", "198.51.100.1")]
    [InlineData("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1")]
    [InlineData("10.0.0.1", "2001:db8::1", "2001:db8::1")]
    [InlineData("10.0.0.1", "198.51.100.1, nonsense", null)]
    [InlineData("10.0.0.1", "unknown", null)]
    [InlineData("10.0.0.1", "10.0.0.2", "10.0.0.2")]
    [InlineData("10.0.0.1", "198.51.100.1,", null)]
    public void The_client_is_the_nearest_address_that_is_no_proxy_of_ours(string connection, string forwarded, string? client)
    {
        Assert.True(Networks.TryParse("10.0.0.0/8", out var trusted));
        var context = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse(connection) } };
        if (forwarded.Length > 0)
        {
            context.Request.Headers["X-Forwarded-For"] = forwarded;
        }

        Assert.Equal(client, ClientAddress.Of(context, [trusted])?.ToString());
    }

    [Fact]
    public void Several_headers_are_one_list_in_their_order()
    {
        Assert.True(Networks.TryParse("10.0.0.0/8", out var trusted));
        var context = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse("10.0.0.1") } };
        context.Request.Headers["X-Forwarded-For"] = new(["1.1.1.1", "198.51.100.1, 10.0.0.3", "10.0.0.2"]);

        Assert.Equal("198.51.100.1", ClientAddress.Of(context, [trusted])?.ToString());
    }

    private static IPAddress Address(uint bits) => new([(byte)(bits >> 24), (byte)(bits >> 16), (byte)(bits >> 8), (byte)bits]);
}
