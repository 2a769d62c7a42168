using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Configuration;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Residency.Attacks;

/// <summary>Names that lead elsewhere than they should, by real sockets; only what DNS answers is the test's.</summary>
public sealed class AddressAttacks : IAsyncLifetime
{
    private readonly AttackWorld _world = new();

    public Task InitializeAsync() => _world.InitializeAsync();

    public Task DisposeAsync() => _world.DisposeAsync();

    // Each is one of several, so that none hides behind a good one.
    [Theory]
    [InlineData("a cloud's metadata", "169.254.169.254")]
    [InlineData("a cloud's metadata in IPv6", "fd00:ec2::254")]
    [InlineData("Alibaba's metadata", "100.100.100.200")]
    [InlineData("Azure's wire server", "168.63.129.16")]
    [InlineData("Google's metadata in IPv6", "fd20:ce::254")]
    [InlineData("link-local", "169.254.1.1")]
    [InlineData("link-local in IPv6", "fe80::1")]
    [InlineData("unspecified", "0.0.0.0")]
    [InlineData("unspecified in IPv6", "::")]
    [InlineData("this network", "0.1.2.3")]
    [InlineData("multicast", "224.0.0.1")]
    [InlineData("multicast in IPv6", "ff02::1")]
    [InlineData("broadcast", "255.255.255.255")]
    [InlineData("reserved", "240.0.0.1")]
    [InlineData("metadata mapped into IPv6", "::ffff:169.254.169.254")]
    [InlineData("metadata mapped into IPv6, in hexadecimal", "::ffff:a9fe:a9fe")]
    [InlineData("metadata by 6to4", "2002:a9fe:a9fe::1")]
    [InlineData("metadata by NAT64", "64:ff9b::a9fe:a9fe")]
    [InlineData("this machine by NAT64", "64:ff9b::7f00:1")]
    [InlineData("a private network by NAT64", "64:ff9b::a00:1")]
    [InlineData("metadata by a NAT64 of one's own", "64:ff9b:1::a9fe:a9fe")]
    [InlineData("metadata by Teredo", "2001:0:a9fe:a9fe::1")]
    [InlineData("metadata by ISATAP", "2001:4860::5efe:a9fe:a9fe")]
    [InlineData("this machine, compatible with IPv4", "::7f00:1")]
    [InlineData("site-local", "fec0::1")]
    public async Task A_name_is_not_followed_to(string attack, string address)
    {
        Assert.NotEmpty(attack);
        foreach (var isPrivate in new[] { false, true })
        {
            await ServeAsync("api.example.org", isPrivate ? "private: true" : "", isPrivate ? "http" : "https", () => [isPrivate ? "127.0.0.1" : "2001:4860::8888", address]);
            var error = await RefusedAsync();

            Assert.Contains("leads to an address that is", error, StringComparison.Ordinal);
            Assert.Contains(_world.Gateway.Logs.Lines, l => l.Id.Id == 15500 && l.Text.Contains("api.example.org", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.9.9.9")]
    [InlineData("::1")]
    [InlineData("10.0.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("fd12:3456::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    public async Task A_name_of_the_internet_does_not_lead_inside(string address)
    {
        await ServeAsync("api.example.org", "", "https", () => [address]);

        Assert.Contains("needs `private: true`", await RefusedAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task A_private_name_does_not_lead_outside(string scheme)
    {
        await ServeAsync("vllm.internal", "private: true", scheme, () => ["8.8.8.8"]);

        Assert.Contains("is said to be private", await RefusedAsync(), StringComparison.Ordinal);
    }

    // Another machine of the same private network, as far as the gateway can tell.
    [Fact]
    public async Task A_private_name_does_not_lead_out_of_its_networks()
    {
        await using var neighbour = FakeUpstream.StartAt("127.0.0.2", _world.Permitted.Port);
        await ServeAsync("vllm.internal", "private: true, networks: [127.0.0.1/32]", "http", () => ["127.0.0.2"]);

        Assert.Contains("outside of its `networks`", await RefusedAsync(), StringComparison.Ordinal);
        Assert.Equal(0, neighbour.Connections);
    }

    [Fact]
    public async Task An_answer_of_DNS_that_changes_between_two_connections_is_judged_anew()
    {
        await using var neighbour = FakeUpstream.StartAt("127.0.0.2", _world.Permitted.Port);
        string[] answer = ["127.0.0.1"];
        await ServeAsync("vllm.internal", "private: true, networks: [127.0.0.1/32]", "http", () => answer);
        _world.Permitted.Script = async c =>
        {
            await c.SendAsync(Answers.Ok);
            c.Close();
        };
        await _world.AnsweredAsync(() => _world.SendAsync(TestGateway.Prompt("named")));
        answer = ["127.0.0.2"];

        Assert.Contains("outside of its `networks`", await RefusedAsync(), StringComparison.Ordinal);
        Assert.Equal(0, neighbour.Connections);
    }

    // The first answer is for whoever checks, the second for whoever connects.
    [Fact]
    public async Task An_answer_of_DNS_that_changes_between_check_and_connect_is_never_asked_for()
    {
        await using var neighbour = FakeUpstream.StartAt("127.0.0.2", _world.Permitted.Port);
        var answers = new Queue<string[]>([["127.0.0.1"], ["127.0.0.2"], ["169.254.169.254"]]);
        await ServeAsync("vllm.internal", "private: true", "http", answers.Dequeue);
        var before = _world.Lookups;
        var request = await _world.AnsweredAsync(() => _world.SendAsync(TestGateway.Prompt("named")));

        Assert.Equal(before + 1, _world.Lookups);
        Assert.Equal(0, neighbour.Connections);
        Assert.Equal($"vllm.internal:{_world.Permitted.Port}", request.Head["Host"]);
    }

    [Fact]
    public async Task A_name_without_an_address_is_not_searched_for_elsewhere()
    {
        await ServeAsync("vllm.internal", "private: true", "http", () => []);

        Assert.Contains("its host name was not found", await RefusedAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_deployments_of_one_host_keep_to_the_stricter_rule()
    {
        _world.Dns["vllm.internal"] = () => ["127.0.0.1"];
        var url = AttackWorld.Url(_world.Permitted, "vllm.internal");
        Assert.True(await _world.Gateway.ReloadAsync(_world.Text(
            deployments: Named(url + "/v1", "private: true") + "\n" + Named(url + "/v2", "private: true, networks: [10.0.0.0/8]", "strict"),
            models: "  - { name: named, deployments: [{ name: named, weight: 1000 }, { name: strict, weight: 1 }] }")));

        Assert.Contains("outside of its `networks`", await RefusedAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TLS_is_not_left_out_where_the_upstream_speaks_in_clear()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _world.Dns["vllm.internal"] = () => ["127.0.0.1"];
        Assert.True(await _world.Gateway.ReloadAsync(_world.Text(
            deployments: Named(string.Create(CultureInfo.InvariantCulture, $"https://vllm.internal:{((IPEndPoint)listener.LocalEndpoint).Port}/v1"), "private: true"),
            models: "  - { name: named, deployments: [named] }")));
        var answering = _world.Gateway.PostAsync(TestGateway.Prompt("named"));
        var received = new byte[64 * 1024];
        int length;
        using (var connection = await listener.AcceptSocketAsync())
        {
            length = await connection.ReceiveAsync(received);
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray());
        }

        using var response = await answering;

        // A handshake (RFC 8446, 5.1), and nothing behind it.
        Assert.Equal(22, received[0]);
        Assert.DoesNotContain(TestGateway.Canary, System.Text.Encoding.Latin1.GetString(received, 0, length), StringComparison.Ordinal);
        Assert.Contains("could not answer", (await OpenAIError.ReadAsync(response, 502)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://169.254.169.254/v1", "link-local")]
    [InlineData("https://169.254.169.254/v1", "link-local")]
    [InlineData("http://[fd00:ec2::254]/v1", "metadata")]
    [InlineData("http://[::ffff:169.254.169.254]/v1", "link-local")]
    [InlineData("http://[64:ff9b::a9fe:a9fe]/v1", "link-local")]
    [InlineData("http://0.0.0.0/v1", "unspecified")]
    [InlineData("http://[::]/v1", "unspecified")]
    [InlineData("http://2130706433/v1", "four decimal numbers")]
    [InlineData("https://2852039166/v1", "four decimal numbers")]
    [InlineData("http://0x7f000001/v1", "four decimal numbers")]
    [InlineData("http://0x7f.0.0.1/v1", "four decimal numbers")]
    [InlineData("http://0177.0.0.1/v1", "four decimal numbers")]
    [InlineData("http://127.1/v1", "four decimal numbers")]
    [InlineData("http://127.0.0.1./v1", "four decimal numbers")]
    [InlineData("http://010.0.0.1/v1", "four decimal numbers")]
    [InlineData("http://256.256.256.256/v1", "four decimal numbers")]
    [InlineData("http://%31%32%37.0.0.1/v1", "a whole URL")]
    [InlineData("https://ⓔxample.org/v1", "in ASCII")]
    [InlineData("https://example。org/v1", "in ASCII")]
    [InlineData("https://good.example.org@elsewhere.example.org/v1", "user or password")]
    [InlineData("https://good.example.org\\@elsewhere.example.org/v1", "in ASCII")]
    [InlineData("http://8.8.8.8/v1", "in clear")]
    [InlineData("http://vllm.internal/v1", "private: true")]
    [InlineData("http://api.example.org/v1", "private: true")]
    public void A_base_url_that_hides_where_it_leads_is_refused_when_the_file_is_read(string url, string words)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-tests-").FullName;
        try
        {
            var path = GatewayFile.Of(_world.Text(deployments: Named(url.Replace("\\", "\\\\", StringComparison.Ordinal), ""))).Save(folder);
            var error = Assert.Single(ConfigLoader.Load(path).Errors);

            Assert.Contains(words, error.ToString(), StringComparison.Ordinal);
            Assert.EndsWith(".base_url", error.Key, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("http://127.0.0.1:9/v1", "networks: [10.0.0.0/8]", "outside of `networks`")]
    [InlineData("https://8.8.8.8/v1", "private: true", "is a public address")]
    [InlineData("https://a.example.org/v1", "networks: [10.0.0.1/8]", "is not an address")]
    [InlineData("https://a.example.org/v1", "networks: []", "is empty")]
    [InlineData("https://a.example.org/v1", "pass_headers: [Cookie]", "never leaves")]
    [InlineData("https://a.example.org/v1", "pass_headers: [x-forwarded-for]", "never leaves")]
    [InlineData("https://a.example.org/v1", "pass_headers: [\"a: b\"]", "no name of a header")]
    public void Rules_that_contradict_the_url_or_leak_are_refused_when_the_file_is_read(string url, string more, string words)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-tests-").FullName;
        try
        {
            var path = GatewayFile.Of(_world.Text(deployments: Named(url, more))).Save(folder);

            Assert.Contains(words, Assert.Single(ConfigLoader.Load(path).Errors).ToString(), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("localhost", "")]
    [InlineData("vllm.internal", "private: true")]
    [InlineData("vllm.internal", "private: true, networks: [127.0.0.0/8, \"::1\"]")]
    public async Task A_name_that_leads_where_it_should_is_answered(string host, string more)
    {
        await ServeAsync(host, more, "http", () => ["127.0.0.1"]);
        await _world.AnsweredAsync(() => _world.SendAsync(TestGateway.Prompt("named")));
    }

    [Theory]
    [InlineData("https://id.example.org", "169.254.169.254", "link-local")]
    [InlineData("https://id.example.org", "::ffff:169.254.169.254", "link-local")]
    [InlineData("http://id.internal", "8.8.8.8", "plain http does not go there")]
    public async Task An_issuers_name_is_not_followed_there_either(string issuer, string address, string words)
    {
        _world.Dns[new Uri(issuer).Host] = () => [address];
        Assert.True(await _world.Gateway.ReloadAsync(_world.Text() + $"\njwt: [{{ name: i, issuer: \"{issuer}\", audiences: [g], tenant: acme }}]\n"));
        var token = string.Join('.', new[] { """{"alg":"RS256","kid":"k"}""", $$"""{"iss":"{{issuer}}","aud":"g","exp":4102444800}""", "signature" }.Select(p => System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(p))));
        var error = await _world.RefusedAsync(503, () => _world.SendAsync(TestGateway.Prompt("mixed"), key: token));

        Assert.Equal("issuer_unavailable", error.Code);
        Assert.Contains(_world.Gateway.Logs.Lines, l => l.Id.Id == 15500 && l.Text.Contains(words, StringComparison.Ordinal));
    }

    private static string Named(string url, string more, string name = "named") =>
        $$"""  - { name: {{name}}, kind: openai-compatible, base_url: "{{url}}"{{(more.Length > 0 ? ", " + more : "")}}, placement: { processing: [BR] } }""";

    // A model whose deployment has this name, at the permitted upstream's port.
    private async Task ServeAsync(string host, string more, string scheme, Func<string[]> dns)
    {
        _world.Dns[host] = dns;
        Assert.True(await _world.Gateway.ReloadAsync(_world.Text(
            deployments: Named(string.Create(CultureInfo.InvariantCulture, $"{scheme}://{host}:{_world.Permitted.Port}/v1"), more),
            models: "  - { name: named, deployments: [named], cooldown: 0s }")));
    }

    // What the client is told, which names no address. No connection may be made to the permitted upstream either.
    private async Task<string> RefusedAsync()
    {
        var before = _world.Permitted.Connections;
        using var response = await _world.Gateway.PostAsync(TestGateway.Prompt("named"));
        var error = await OpenAIError.ReadAsync(response, 502);

        Assert.Equal(before, _world.Permitted.Connections);
        Assert.DoesNotMatch(@"\d\.\d|::", error.Message);
        _world.AssertKept();
        return error.Message;
    }
}
