using System.Net.Http.Headers;
using System.Text;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Exchanges;

public sealed class BadRequestTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    private readonly FakeUpstream _upstream = shared.Fresh();

    private const string C = TestGateway.Canary;

    [Theory]
    [InlineData("", "invalid_json", null)]
    [InlineData("   \n", "invalid_json", null)]
    [InlineData(C, "invalid_json", null)]
    [InlineData("null", "invalid_json", null)]
    [InlineData("[]", "invalid_json", null)]
    [InlineData("\"model\"", "invalid_json", null)]
    [InlineData("1", "invalid_json", null)]
    [InlineData("{", "invalid_json", null)]
    [InlineData("{\"model\":\"plain\"", "invalid_json", null)]
    [InlineData("{\"model\":\"plain\",\"messages\":[{\"content\":\"" + C, "invalid_json", null)]
    [InlineData("{\"model\":\"plain\",}", "invalid_json", null)]
    [InlineData("{\"model\":\"plain\"}x", "invalid_json", null)]
    [InlineData("{\"model\":\"plain\"}{\"model\":\"plain\"}", "invalid_json", null)]
    [InlineData("{\"model\":\"plain\"}\0", "invalid_json", null)]
    [InlineData("{'model':'plain'}", "invalid_json", null)]
    [InlineData("{\"model\":\"plain\",\"n\":01}", "invalid_json", null)]
    [InlineData("{\"model\":\"plain\",\"n\":NaN}", "invalid_json", null)]
    [InlineData("{\"model\":\"plain\",\"s\":\"a\nb\"}", "invalid_json", null)]
    [InlineData("{\"model\":\"plain\",\"s\":\"\\x\"}", "invalid_json", null)]
    [InlineData("{\"model\":\"plain\" /* " + C + " */}", "invalid_json", null)]
    [InlineData("\uFEFF{\"model\":\"plain\"}", "invalid_json", null)]
    [InlineData("{}", "missing_required_parameter", "model")]
    [InlineData("{\"messages\":[{\"model\":\"plain\"}]}", "missing_required_parameter", "model")]
    [InlineData("{\"model\":null}", "invalid_type", "model")]
    [InlineData("{\"model\":1}", "invalid_type", "model")]
    [InlineData("{\"model\":[\"plain\"]}", "invalid_type", "model")]
    [InlineData("{\"model\":{\"model\":\"plain\"}}", "invalid_type", "model")]
    [InlineData("{\"model\":\"\"}", "invalid_value", "model")]
    [InlineData("{\"model\":\"pl\\ud800ain\"}", "invalid_value", "model")]
    [InlineData("{\"model\":\"\\udc00\"}", "invalid_value", "model")]
    [InlineData("{\"model\":\"plain\",\"model\":\"plain\"}", "duplicate_key", "model")]
    [InlineData("{\"model\":\"plain\",\"a\":{},\"\\u006dodel\":\"of-other\"}", "duplicate_key", "model")]
    [InlineData("{\"model\":\"plain\",\"Model\":\"of-other\"}", "duplicate_key", "model")]
    [InlineData("{\"MODEL\":\"of-other\",\"model\":\"plain\"}", "duplicate_key", "model")]
    [InlineData("{\"model\":\"plain\",\"\\u004d\\u006F\\u0064\\u0065\\u004C\":\"of-other\"}", "duplicate_key", "model")]
    [InlineData("{\"model\":\"plain\",\"stream\":\"true\"}", "invalid_type", "stream")]
    [InlineData("{\"model\":\"plain\",\"stream\":1}", "invalid_type", "stream")]
    [InlineData("{\"model\":\"plain\",\"stream\":[true]}", "invalid_type", "stream")]
    [InlineData("{\"model\":\"plain\",\"stream\":true,\"str\\u0065am\":false}", "duplicate_key", "stream")]
    [InlineData("{\"model\":\"plain\",\"\\ud800\":1}", "invalid_json", null)]
    [InlineData("{\"m\\udc00del\":\"plain\",\"model\":\"plain\"}", "invalid_json", null)]
    [InlineData("{\"model\":\"plain\",\"messages\":[{\"r\\ud800\":1}]}", "invalid_json", null)]
    public async Task A_body_that_is_no_request_is_refused_and_does_not_go_out(string body, string code, string? param)
    {
        var (before, settled) = (_upstream.Requests.Count, await shared.Gateway.SettledAsync("refused", 400));
        using var response = await shared.Gateway.PostAsync(body);

        var error = await OpenAIError.ReadAsync(response, 400);
        Assert.Equal("invalid_request_error", error.Type);
        Assert.Equal(code, error.Code);
        Assert.Equal(param, error.Param);
        Assert.DoesNotContain(C, error.Message, StringComparison.Ordinal);
        Assert.Equal(before, _upstream.Requests.Count);
        await shared.Gateway.SettlesAsync("refused", 400, settled);
    }

    [Theory]
    [InlineData(64, 200)]
    [InlineData(65, 400)]
    [InlineData(100_000, 400)]
    public async Task Nesting_has_a_limit(int depth, int status)
    {
        var arrays = depth - 1;
        using var response = await shared.Gateway.PostAsync($"{{\"model\":\"plain\",\"a\":{new string('[', arrays)}{new string(']', arrays)}}}");

        Assert.Equal(status, (int)response.StatusCode);
        if (status == 400)
        {
            Assert.Contains("nested deeper than 64 levels", (await OpenAIError.ReadAsync(response, status)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("{\"model\":\"plain\",\"a\":\"", new byte[] { 0xFF }, "\"}")]
    [InlineData("{\"model\":\"plain\",\"a\":\"", new byte[] { 0xC3 }, "\"}")]
    [InlineData("{\"model\":\"plain\",\"a\":\"", new byte[] { 0xC0, 0xAF }, "\"}")]
    [InlineData("{\"model\":\"plain\",\"a\":\"", new byte[] { 0xED, 0xA0, 0x80 }, "\"}")]
    [InlineData("{\"model\":\"plain\",\"", new byte[] { 0xF5, 0x80, 0x80, 0x80 }, "\":1}")]
    [InlineData("{\"model\":\"pl", new byte[] { 0x80 }, "ain\"}")]
    [InlineData("{\"model\":\"plain\"}", new byte[] { 0xFE }, "")]
    public async Task Bytes_that_are_no_utf8_are_refused_wherever_they_stand(string before, byte[] bytes, string after)
    {
        using var response = await shared.Gateway.PostAsync([.. Encoding.UTF8.GetBytes(before), .. bytes, .. Encoding.UTF8.GetBytes(after)]);

        Assert.Equal("invalid_utf8", (await OpenAIError.ReadAsync(response, 400)).Code);
    }

    [Theory]
    [InlineData("no-such-model")]
    [InlineData("of-other")]
    [InlineData("PLAIN")]
    [InlineData("plain ")]
    [InlineData("plain\\u0000")]
    [InlineData("*")]
    public async Task A_model_that_the_tenant_may_not_use_does_not_exist(string model)
    {
        var before = _upstream.Requests.Count;
        using var response = await shared.Gateway.PostAsync(TestGateway.Prompt(model));

        var error = await OpenAIError.ReadAsync(response, 404);
        Assert.Equal($"The model `{model.Replace("\\u0000", "\0", StringComparison.Ordinal)}` does not exist or you do not have access to it.", error.Message);
        Assert.Equal("model_not_found", error.Code);
        Assert.Equal(before, _upstream.Requests.Count);
    }

    [Fact]
    public async Task A_name_that_nobody_configured_is_no_metric()
    {
        using var response = await shared.Gateway.PostAsync(TestGateway.Prompt("made-up-by-a-client"));

        Assert.Equal(404, (int)response.StatusCode);
        Assert.DoesNotContain("made-up-by-a-client", await shared.Gateway.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_compressed_body_is_refused()
    {
        using var content = new StringContent(TestGateway.Prompt("plain"));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        content.Headers.ContentEncoding.Add("gzip");
        using var response = await shared.Gateway.Client.PostAsync(TestGateway.ChatPath, content);

        Assert.Contains("gzip", (await OpenAIError.ReadAsync(response, 415)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_just_within_the_limit_passes_and_one_byte_more_does_not()
    {
        var body = TestGateway.Prompt("plain");
        using var within = await shared.Gateway.PostAsync(body.PadRight(1_000_000));
        Assert.Equal(200, (int)within.StatusCode);

        using var beyond = await shared.Gateway.PostAsync(body.PadRight(1_000_001));
        Assert.Equal("request_too_large", (await OpenAIError.ReadAsync(beyond, 413)).Code);

        using var client = await shared.Gateway.ConnectAsync();
        await client.SendAsync($"{Head("Transfer-Encoding: chunked")}");
        await client.SendAsync(Answers.Chunk(body.PadRight(1_000_001)));
        Assert.Equal("request_too_large", OpenAIError.Read(await client.ReadAsync(), 413).Code);
    }

    [Fact]
    public async Task A_body_far_over_the_limit_is_refused_before_it_is_sent()
    {
        using var client = await shared.Gateway.ConnectAsync();
        await client.SendAsync(Head("Content-Length: 99999999999\r\nExpect: 100-continue"));

        // No "100 Continue" before it.
        var response = await client.ReadAsync();
        Assert.Equal("request_too_large", OpenAIError.Read(response, 413).Code);
        Assert.Equal("close", response.Head["Connection"]);
    }

    [Fact]
    public async Task Continue_is_sent_when_the_body_is_wanted()
    {
        using var client = await shared.Gateway.ConnectAsync();
        var body = TestGateway.Prompt("plain");
        await client.SendAsync(Head($"Content-Length: {body.Length}\r\nExpect: 100-continue"));
        Assert.Equal(100, (await client.Reader.ReadHeadAsync())!.Status);

        await client.SendAsync(body);
        (await client.ReadAsync()).AssertStatus(200);
        Assert.Null(_upstream.Requests[^1].Head["Expect"]);
    }

    [Fact]
    public async Task Http_1_0_is_answered()
    {
        using var client = await shared.Gateway.ConnectAsync();
        var body = TestGateway.Prompt("plain");
        await client.SendAsync($"POST {TestGateway.ChatPath} HTTP/1.0\r\nAuthorization: Bearer {TestKeys.Acme}\r\nContent-Length: {body.Length}\r\n\r\n{body}");

        var response = await client.ReadAsync();
        Assert.Equal(200, response.Status);
        Assert.Equal(Answers.Completion, response.Text);
    }

    [Theory]
    [InlineData("websocket")]
    [InlineData("SPDY/3.1")]
    [InlineData("h2c")]
    public async Task An_upgrade_is_not_taken_up(string protocol)
    {
        using var client = await shared.Gateway.ConnectAsync();
        var body = TestGateway.Prompt("plain");
        var before = _upstream.Requests.Count;
        await client.SendAsync(Head($"Connection: Upgrade\r\nUpgrade: {protocol}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nContent-Length: {body.Length}") + body);

        (await client.ReadAsync()).AssertStatus(200);
        var request = _upstream.Requests.Skip(before).Single();
        Assert.StartsWith("POST ", request.Head.StartLine, StringComparison.Ordinal);
        Assert.Equal(body, request.Text);
        Assert.Null(request.Head["Upgrade"]);
        Assert.Null(request.Head["Connection"]);
    }

    [Theory]
    [InlineData("websocket")]
    [InlineData("SPDY/3.1")]
    public async Task An_upgrade_without_a_body_is_refused(string protocol)
    {
        var before = _upstream.Requests.Count;
        using var client = await shared.Gateway.ConnectAsync();

        // What follows the head is no body: taking it for one would turn it into a GET at the upstream.
        await client.SendAsync(Head($"Connection: Upgrade\r\nUpgrade: {protocol}") + TestGateway.Prompt("plain"));

        OpenAIError.Read(await client.ReadAsync(), 400);
        Assert.Equal(before, _upstream.Requests.Count);
    }

    [Fact]
    public async Task Two_framings_of_one_body_smuggle_nothing()
    {
        var before = _upstream.Requests.Count;
        using var client = await shared.Gateway.ConnectAsync();
        var body = TestGateway.Prompt("plain");
        var chunked = Encoding.ASCII.GetString(Answers.Chunk(body)) + Answers.LastChunk;
        await client.SendAsync(Head($"Content-Length: {chunked.Length}\r\nTransfer-Encoding: chunked") + chunked);

        (await client.ReadAsync()).AssertStatus(200);
        var request = _upstream.Requests.Skip(before).Single();
        Assert.Equal(body, request.Text);
        Assert.Equal(body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), request.Head["Content-Length"]);
        Assert.Null(request.Head["Transfer-Encoding"]);
    }

    [Theory]
    [InlineData("Content-Length: 5\r\nContent-Length: 6")]
    [InlineData("Content-Length: 5, 6")]
    [InlineData("Content-Length: -1")]
    [InlineData("Content-Length: 0x10")]
    [InlineData("Transfer-Encoding: chunked, identity")]
    [InlineData("Transfer-Encoding: xchunked")]
    [InlineData("Transfer-Encoding : chunked")]
    [InlineData("Transfer-Encoding: chunked\r\n X: y")]
    public async Task A_framing_that_can_be_read_in_two_ways_is_refused(string headers)
    {
        var before = _upstream.Requests.Count;
        using var client = await shared.Gateway.ConnectAsync();
        await client.SendAsync(Head(headers) + "POST / HTTP/1.1\r\nHost: h\r\n\r\n");

        Assert.Equal(400, (await client.ReadAsync()).Status);
        Assert.Empty(await client.Reader.ReadToEndAsync());
        Assert.Equal(before, _upstream.Requests.Count);
    }

    [Fact]
    public async Task A_broken_chunk_is_the_clients_fault()
    {
        var settled = await shared.Gateway.SettledAsync("refused", 400);
        using var client = await shared.Gateway.ConnectAsync();
        await client.SendAsync(Head("Transfer-Encoding: chunked") + "5\r\n{\"mod\r\nxyz\r\n");

        Assert.Equal("bad_http_request", OpenAIError.Read(await client.ReadAsync(), 400).Code);
        await shared.Gateway.SettlesAsync("refused", 400, settled);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_leaves_in_its_upload_is_gone(bool reset)
    {
        var (before, settled) = (_upstream.Requests.Count, await shared.Gateway.SettledAsync("client_gone"));
        using (var client = await shared.Gateway.ConnectAsync())
        {
            // The gateway waits for the body when it says so.
            await client.SendAsync(Head("Content-Length: 1000\r\nExpect: 100-continue"));
            Assert.Equal(100, (await client.Reader.ReadHeadAsync())!.Status);
            await client.SendAsync("{\"model\":");
            if (reset)
            {
                client.Reset();
            }
        }

        await shared.Gateway.SettlesAsync("client_gone", before: settled);
        Assert.Equal(before, _upstream.Requests.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_leaves_before_the_answer_frees_the_upstream(bool reset)
    {
        var settled = await shared.Gateway.SettledAsync("client_gone");
        var (asked, freed) = (new TaskCompletionSource(), new TaskCompletionSource());
        _upstream.Script = async c =>
        {
            asked.SetResult();
            await c.UntilGatewayClosesAsync();
            freed.SetResult();
        };
        using var client = await shared.Gateway.ConnectAsync();
        var body = TestGateway.Prompt("plain");
        await client.SendAsync(Head($"Content-Length: {body.Length}") + body);
        await asked.Task.WaitAsync(WireReader.Patience);
        Leave(client, reset);

        await freed.Task.WaitAsync(WireReader.Patience);
        await shared.Gateway.SettlesAsync("client_gone", before: settled);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_leaves_in_a_stream_frees_the_upstream(bool reset)
    {
        var settled = await shared.Gateway.SettledAsync("client_gone", 200);
        var freed = new TaskCompletionSource();
        _upstream.Script = async c =>
        {
            await c.SendAsync(Answers.StreamHead);
            await c.SendChunkAsync(Answers.Event("one"));
            await c.UntilGatewayClosesAsync();
            freed.SetResult();
        };
        using var client = await shared.Gateway.ConnectAsync();
        var body = TestGateway.Prompt("plain", ",\"stream\":true");
        await client.SendAsync(Head($"Content-Length: {body.Length}") + body);
        await client.Reader.ReadHeadAsync();
        await client.Reader.ReadChunkAsync();
        Leave(client, reset);

        await freed.Task.WaitAsync(WireReader.Patience);
        await shared.Gateway.SettlesAsync("client_gone", 200, settled);
    }

    private static void Leave(RawClient client, bool reset)
    {
        if (reset)
        {
            client.Reset();
        }

        client.Dispose();
    }

    private static string Head(string headers) => $"POST {TestGateway.ChatPath} HTTP/1.1\r\nHost: h\r\nx-api-key: {TestKeys.Acme}\r\n{headers}\r\n\r\n";
}
