using Gateway.Tests.Testing;

namespace Gateway.Tests.Residency.Attacks;

/// <summary>Upstreams that fail, lie or point elsewhere, while the deployment that may not be used is the next one in line.</summary>
public sealed class RouteAttacks(AttackWorld world) : IClassFixture<AttackWorld>, IDisposable
{
    private static readonly string Mixed = TestGateway.Prompt("mixed");

    public void Dispose() => world.Permitted.Script = c => c.SendAsync(Answers.Ok);

    [Theory]
    [InlineData("closes", "")]
    [InlineData("breaks off in the head", "HTTP/1.1 200 OK\r\nContent-")]
    [InlineData("breaks off in the body", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")]
    [InlineData("is busy", "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")]
    [InlineData("is a bad gateway", "HTTP/1.1 502 Bad\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")]
    [InlineData("limits", "HTTP/1.1 429 Wait\r\nContent-Type: application/json\r\nContent-Length: 2\r\nRetry-After: 0\r\nConnection: close\r\n\r\n{}")]
    [InlineData("was misdirected", "HTTP/1.1 421 Misdirected\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")]
    public async Task A_permitted_deployment_that_fails_is_not_made_good_by_one_that_is_not(string attack, string answer)
    {
        Assert.NotEmpty(attack);
        world.Permitted.Script = async c =>
        {
            await c.SendAsync(answer);
            c.Close();
        };
        for (var i = 0; i < 5; i++)
        {
            using var response = await world.Gateway.PostAsync(Mixed);
            Assert.InRange((int)response.StatusCode, 400, 599);
        }

        world.AssertKept();
    }

    [Theory]
    [InlineData("301", "")]
    [InlineData("302", "")]
    [InlineData("303", "")]
    [InlineData("307", "")]
    [InlineData("308", "")]
    [InlineData("305", "")]
    [InlineData("300", "")]
    [InlineData("200", "Refresh: 0; url=ELSEWHERE\r\n")]
    [InlineData("200", "Content-Location: ELSEWHERE\r\nLink: <ELSEWHERE>; rel=preload\r\n")]
    [InlineData("200", "Alt-Svc: h2=\"127.0.0.1:PORT\", http/1.1=\"127.0.0.1:PORT\"; persist=1\r\n")]
    [InlineData("401", "WWW-Authenticate: Negotiate\r\n")]
    [InlineData("407", "Proxy-Authenticate: Basic\r\n")]
    public async Task An_upstream_that_points_elsewhere_is_not_followed(string status, string headers)
    {
        var port = world.Elsewhere.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var more = headers.Replace("ELSEWHERE", AttackWorld.Url(world.Elsewhere), StringComparison.Ordinal).Replace("PORT", port, StringComparison.Ordinal);
        world.Permitted.Script = c => c.SendAsync($"HTTP/1.1 {status} X\r\nLocation: {AttackWorld.Url(world.Elsewhere)}/v1\r\n{more}Content-Type: application/json\r\nContent-Length: {Answers.Completion.Length}\r\n\r\n{Answers.Completion}");

        // The second one is what a lesson learnt from the first would change.
        for (var i = 0; i < 2; i++)
        {
            var before = world.Permitted.Requests.Count;
            using var response = await world.Gateway.PostAsync(Mixed);
            Assert.Equal(before + 1, world.Permitted.Requests.Count);
        }

        world.AssertKept();
    }

    [Fact]
    public async Task An_upstream_that_sends_early_hints_is_not_followed()
    {
        world.Permitted.Script = c => c.SendAsync($"HTTP/1.1 103 Early Hints\r\nLink: <{AttackWorld.Url(world.Elsewhere)}/x>; rel=preconnect\r\n\r\n{Answers.Ok}");
        await world.AnsweredAsync(() => world.SendAsync(Mixed));
    }

    [Fact]
    public async Task A_stream_that_breaks_off_is_not_continued_elsewhere()
    {
        world.Permitted.Script = async c =>
        {
            await c.SendAsync(Answers.StreamHead);
            await c.SendChunkAsync(Answers.Event("x"));
            c.Close();
        };
        using var response = await world.Gateway.PostAsync(TestGateway.Prompt("mixed", ",\"stream\":true"));

        Assert.Contains("upstream_closed_early", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        world.AssertKept();
    }

    [Fact]
    public async Task Nobody_is_asked_how_they_are()
    {
        var time = new ManualTimeProvider();
        await using var gateway = await TestGateway.StartAsync(GatewayFile.Of(world.Text()), time);
        var before = world.Permitted.Connections;

        // More time than any interval of a probe, and all that looks at health.
        for (var hour = 0; hour < 12; hour++)
        {
            time.Advance(TimeSpan.FromHours(1));
        }

        using (await gateway.Client.GetAsync(new Uri("/readyz", UriKind.Relative)))
        using (await gateway.Client.GetAsync(new Uri("/v1/models", UriKind.Relative)))
        {
            await gateway.MetricsAsync();
        }

        Assert.Equal(before, world.Permitted.Connections);
        world.AssertKept();
    }
}
