using Gateway.Tests.Testing;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Residency.Attacks;

/// <summary>
/// Upstreams that send a prompt back where logs, metrics and the ledger might pick it up. The gateway of these tests logs everything there is to log, at every
/// level; at its end it looks for the prompt in the log, the metrics and the store.
/// </summary>
public sealed class EchoAttacks(AttackWorld world) : IClassFixture<AttackWorld>, IDisposable
{
    private const string Secret = TestGateway.Canary;

    private static readonly string Error = $$$"""{"error":{"message":"You said {{{Secret}}}","type":"{{{Secret}}}","param":"{{{Secret}}}","code":"{{{Secret}}}"}}""";

    public void Dispose() => world.Permitted.Script = c => c.SendAsync(Answers.Ok);

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(422)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task An_error_that_quotes_the_prompt_goes_to_the_client_only(int status)
    {
        world.Permitted.Script = c => c.SendAsync(Answers.Json(Error, status));
        using var response = await world.Gateway.PostAsync(TestGateway.Prompt("mixed"));

        Assert.Equal(status, (int)response.StatusCode);
        await AssertUnheardAsync();
    }

    [Theory]
    [InlineData("in the status line", "HTTP/1.1 2OO " + Secret + "\r\n\r\n")]
    [InlineData("in the place of the version", Secret + " 200 OK\r\n\r\n")]
    [InlineData("in a reason", "HTTP/1.1 500 " + Secret + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("in a header's name", "HTTP/1.1 200 OK\r\n" + Secret + " x: y\r\n\r\n")]
    [InlineData("in a header without a colon", "HTTP/1.1 200 OK\r\n" + Secret + "\r\n\r\n")]
    [InlineData("in a length", "HTTP/1.1 200 OK\r\nContent-Length: " + Secret + "\r\n\r\n")]
    [InlineData("in an encoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + Secret + "\r\nContent-Type: application/json\r\n\r\n{}")]
    [InlineData("in a chunk's size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n" + Secret + "\r\n")]
    [InlineData("in a chunk's size of a stream", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n" + Secret + "\r\n")]
    [InlineData("in a type", "HTTP/1.1 200 OK\r\nContent-Type: " + Secret + "\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("in a charset", "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=" + Secret + "\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("in a redirect", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/" + Secret + "\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("in a cookie", "HTTP/1.1 500 E\r\nSet-Cookie: a=" + Secret + "\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("in a trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n2\r\n{}\r\n0\r\nx-t: " + Secret + "\r\n\r\n")]
    [InlineData("in an event that is an error", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: {\"error\":{\"message\":\"" + Secret + "\"}}\n\n")]
    [InlineData("in an early hint", "HTTP/1.1 103 " + Secret + "\r\nLink: <" + Secret + ">\r\n\r\nHTTP/1.1 500 E\r\nContent-Length: 0\r\n\r\n")]
    public async Task A_prompt_that_comes_back_is_not_picked_up(string attack, string answer)
    {
        Assert.NotEmpty(attack);
        world.Permitted.Script = async c =>
        {
            await c.SendAsync(answer);
            c.Close();
        };
        using var response = await world.Gateway.PostAsync(TestGateway.Prompt("mixed"));
        await response.Content.ReadAsByteArrayAsync();

        Assert.DoesNotContain(Secret, response.ReasonPhrase ?? "", StringComparison.Ordinal);
        await AssertUnheardAsync();
    }

    [Theory]
    [InlineData("the name of a model", "{\"model\":\"" + Secret + "\"}")]
    [InlineData("the name of a field", "{\"model\":\"mixed\",\"" + Secret + "\":1}")]
    [InlineData("the name of a field in a tool", "{\"model\":\"mixed\",\"tools\":[{\"" + Secret + "\":1}]}")]
    [InlineData("a tool's type", "{\"model\":\"mixed\",\"tools\":[{\"type\":\"" + Secret + "\"}]}")]
    [InlineData("a URL", "{\"model\":\"mixed\",\"messages\":[{\"content\":[{\"image_url\":\"http://" + Secret + "/\"}]}]}")]
    [InlineData("a key that comes twice", "{\"model\":\"mixed\",\"metadata\":{\"" + Secret + "\":1,\"" + Secret + "\":2}}")]
    [InlineData("broken JSON", "{\"model\":\"mixed\",\"" + Secret)]
    public async Task A_prompt_that_is_refused_is_not_picked_up(string attack, string body)
    {
        Assert.NotEmpty(attack);
        using var response = await world.Gateway.PostAsync(body);

        Assert.InRange((int)response.StatusCode, 400, 404);
        await AssertUnheardAsync();
    }

    [Theory]
    [InlineData("x-data-class: " + Secret)]
    [InlineData("traceparent: 00-" + Secret)]
    [InlineData("x-request-id: " + Secret)]
    public async Task A_prompt_in_a_header_is_not_picked_up(string header)
    {
        await world.SendAsync(TestGateway.Prompt("mixed"), headers: header + "\r\n");

        await AssertUnheardAsync();
    }

    [Fact]
    public async Task An_upstream_does_not_say_in_the_gateways_name_where_an_answer_came_from()
    {
        world.Permitted.Script = c => c.SendAsync(Answers.Json(
            Answers.Completion, headers: "x-gateway-deployment: us\r\nX-Gateway-Country: US\r\nx-gateway-data-class: public\r\nx-gateway-decision: none\r\nx-gateway-policy: none\r\nx-gateway-tenant: other\r\n"));
        using var response = await world.Gateway.PostAsync(TestGateway.Prompt("mixed"));

        Assert.Equal("br", response.Headers.GetValues("x-gateway-deployment").Single());
        Assert.Equal("BR", response.Headers.GetValues("x-gateway-country").Single());
        Assert.Equal("personal", response.Headers.GetValues("x-gateway-data-class").Single());
        Assert.StartsWith("dec_", response.Headers.GetValues("x-gateway-decision").Single(), StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("x-gateway-tenant"));
    }

    private async Task AssertUnheardAsync()
    {
        Assert.DoesNotContain(Secret, await world.Gateway.MetricsAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(world.Gateway.Logs.Lines, l => l.Level != LogLevel.None && l.Text.Contains(Secret, StringComparison.Ordinal));
        world.AssertKept();
    }
}
