using System.Net;
using System.Text;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Residency.Attacks;

/// <summary>Requests whose HTTP says one thing to one reader and another to the next, or names another host.</summary>
public sealed class WireAttacks(AttackWorld world) : IClassFixture<AttackWorld>
{
    private static readonly string Mixed = TestGateway.Prompt("mixed");

    [Theory]
    [InlineData("another Host", "ELSEWHERE", "", null)]
    [InlineData("a Host of a cloud's metadata", "169.254.169.254", "", null)]
    [InlineData("a forwarded host", "h", "X-Forwarded-Host: ELSEWHERE\r\nX-Forwarded-Server: ELSEWHERE\r\nX-Host: ELSEWHERE\r\n", null)]
    [InlineData("Forwarded", "h", "Forwarded: for=192.0.2.43;host=ELSEWHERE;proto=http\r\n", null)]
    [InlineData("an original URL", "h", "X-Original-URL: /v1/x\r\nX-Rewrite-URL: http://ELSEWHERE/\r\nX-Original-Host: ELSEWHERE\r\n", null)]
    [InlineData("a header for a proxy", "h", "Proxy-Connection: keep-alive\r\nProxy: http://ELSEWHERE\r\nDestination: http://ELSEWHERE/\r\n", null)]
    [InlineData("a whole URL in the request line", "ELSEWHERE", "", "http://ELSEWHERE/v1/chat/completions")]
    [InlineData("a query with a destination", "h", "", "/v1/chat/completions?url=http://ELSEWHERE&destination=us")]
    public async Task A_host_that_the_client_names_is_not_asked(string attack, string host, string headers, string? target)
    {
        Assert.NotEmpty(attack);
        string Fill(string text) => text.Replace("ELSEWHERE", $"127.0.0.1:{world.Elsewhere.Port}", StringComparison.Ordinal);
        var request = await world.AnsweredAsync(() => world.SendAsync(Mixed, headers: Fill(headers), host: Fill(host), target: target is null ? null : Fill(target)));

        Assert.Equal($"127.0.0.1:{world.Permitted.Port}", request.Head["Host"]);
        Assert.Equal("POST /v1/chat/completions HTTP/1.1", request.Head.StartLine);
        Assert.DoesNotContain(request.Head.Headers, h => h.Value.Contains(world.Elsewhere.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Forwarded: for=192.0.2.1")]
    [InlineData("X-Forwarded-For: 192.0.2.1")]
    [InlineData("X-Real-IP: 192.0.2.1")]
    [InlineData("Via: 1.1 ward-7")]
    [InlineData("Cookie: session=ana")]
    [InlineData("Referer: https://hospital.example/patient/1")]
    [InlineData("From: ana@hospital.example")]
    [InlineData("User-Agent: ward-7/1.0")]
    [InlineData("OpenAI-Organization: org-hospital")]
    [InlineData("OpenAI-Project: proj-hospital")]
    [InlineData("X-Stainless-OS: Linux")]
    [InlineData("X-Client-Request-Id: ana-1")]
    [InlineData("X-Title: Hospital")]
    [InlineData("X-Amzn-Trace-Id: Root=1-ana")]
    [InlineData("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("baggage: patient=ana")]
    [InlineData("x-data-class: personal")]
    [InlineData("x-gateway-tenant: acme")]
    [InlineData("x-patient: ana")]
    public async Task What_names_the_client_does_not_leave(string header)
    {
        var request = await world.AnsweredAsync(() => world.SendAsync(Mixed, headers: header + "\r\n"));

        Assert.DoesNotContain(header, request.Head.Headers.Select(h => $"{h.Key}: {h.Value}"), StringComparer.OrdinalIgnoreCase);
        Assert.Equal("Gateway", request.Head["User-Agent"]);
        Assert.Equal(["Accept-Encoding", "Content-Length", "Content-Type", "Host", "User-Agent"], request.Head.Headers.Select(h => h.Key).Order(StringComparer.Ordinal));
    }

    // Behind each of these a second request is hidden, that asks for the forbidden deployment with a key that may.
    [Theory]
    [InlineData("a length and chunks", "Content-Length: {0}\r\nTransfer-Encoding: chunked\r\n", true)]
    [InlineData("two lengths", "Content-Length: {0}\r\nContent-Length: 5\r\n", false)]
    [InlineData("two lengths in one header", "Content-Length: {0}, 5\r\n", false)]
    [InlineData("a length with a sign", "Content-Length: +{0}\r\n", false)]
    [InlineData("a length below zero", "Content-Length: -1\r\n", false)]
    [InlineData("a length in hexadecimal", "Content-Length: 0x1\r\n", false)]
    [InlineData("a space before the colon", "Content-Length : {0}\r\n", false)]
    [InlineData("chunks by another name", "Transfer-Encoding: xchunked\r\n", false)]
    [InlineData("chunks behind another encoding", "Transfer-Encoding: chunked, identity\r\n", false)]
    [InlineData("chunks behind a tab", "Transfer-Encoding:\tchunked\r\nContent-Length: {0}\r\n", true)]
    [InlineData("a header over two lines", "X-A: a\r\n Content-Length: 5\r\nContent-Length: {0}\r\n", false)]
    [InlineData("a bare line feed in the head", "X-A: a\nContent-Length: 5\r\nContent-Length: {0}\r\n", false)]
    [InlineData("a zero in the head", "X-A: \0\r\nContent-Length: {0}\r\n", false)]
    public async Task A_request_hidden_in_another_is_not_found_by_an_upstream(string attack, string framing, bool chunked)
    {
        Assert.NotEmpty(attack);
        var before = world.Permitted.Requests.Count;
        using var client = await world.Gateway.ConnectAsync();
        var hidden = $"POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nx-smuggled: 1\r\nContent-Length: 2\r\n\r\n{{}}";
        var body = chunked ? $"{Mixed.Length:x}\r\n{Mixed}\r\n0\r\n\r\n" : Mixed;
        var head = string.Format(System.Globalization.CultureInfo.InvariantCulture, framing, body.Length + hidden.Length);
        await client.SendAsync($"POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {TestKeys.Acme}\r\nContent-Type: application/json\r\n{head}\r\n{body}{hidden}");
        var response = await client.ReadAsync();

        // Whatever the gateway made of it, it made one request or none of it, and wrote that anew.
        Assert.True(response.Status is 200 or 400 or 401 or 411 or 501, response.Text);
        Assert.All(world.Permitted.Requests.Skip(before), r =>
        {
            Assert.Equal(Mixed, r.Text);
            Assert.Equal(Encoding.UTF8.GetByteCount(Mixed).ToString(System.Globalization.CultureInfo.InvariantCulture), r.Head["Content-Length"]);
            Assert.Null(r.Head["Transfer-Encoding"]);
            Assert.Null(r.Head["x-smuggled"]);
        });
        Assert.InRange(world.Permitted.Requests.Count - before, 0, 1);
        world.AssertKept();
    }

    [Theory]
    [InlineData("to WebSocket", "GET", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n")]
    [InlineData("to WebSocket by a POST", "POST", "Connection: Upgrade\r\nUpgrade: websocket\r\n")]
    [InlineData("to HTTP/2", "POST", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n")]
    [InlineData("to a protocol of one's own", "POST", "Connection: Upgrade\r\nUpgrade: raw\r\n")]
    public async Task A_connection_is_not_upgraded(string attack, string method, string headers)
    {
        Assert.NotEmpty(attack);
        var before = world.Permitted.Connections;
        using var client = await world.Gateway.ConnectAsync();
        await client.SendAsync($"{method} /v1/chat/completions HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {TestKeys.Acme}\r\n{headers}\r\n");
        var response = await client.ReadAsync();

        Assert.True(response.Status is 400 or 404 or 405, response.Text);
        Assert.Equal(before, world.Permitted.Connections);
        world.AssertKept();
    }

    [Theory]
    [InlineData("a tunnel", "CONNECT 127.0.0.1:ELSEWHERE HTTP/1.1\r\nHost: 127.0.0.1:ELSEWHERE\r\n\r\n")]
    [InlineData("HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("a whole URL with a user", "POST http://user:word@127.0.0.1:ELSEWHERE/v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("a method of another protocol", "TRACE / HTTP/1.1\r\nHost: h\r\n\r\n")]
    public async Task The_gateway_is_nobodys_proxy(string attack, string request)
    {
        Assert.NotEmpty(attack);
        using var client = await world.Gateway.ConnectAsync();
        await client.SendAsync(request.Replace("ELSEWHERE", world.Elsewhere.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));

        // An answer that is no success, or none.
        var head = await HeadAsync(client);
        Assert.DoesNotContain(" 200 ", head?.StartLine ?? "", StringComparison.Ordinal);
        world.AssertKept();
    }

    [Fact]
    public async Task A_client_of_HTTP2_gets_no_further()
    {
        using var handler = new SocketsHttpHandler();
        using var client = new HttpClient(handler) { BaseAddress = world.Gateway.Api };
        using var request = new HttpRequestMessage(HttpMethod.Post, TestGateway.ChatPath) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new StringContent(Mixed) };
        request.Headers.Authorization = new("Bearer", TestKeys.Acme);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(request));

        world.AssertKept();
    }

    private static async Task<WireHead?> HeadAsync(RawClient client)
    {
        try
        {
            return await client.Reader.ReadHeadAsync();
        }
        catch (IOException)
        {
            return null;
        }
    }
}
