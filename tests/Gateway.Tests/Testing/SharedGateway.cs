namespace Gateway.Tests.Testing;

/// <summary>A gateway and its upstream for all tests of a class, which run one after another and set the script that they need.</summary>
public sealed class SharedGateway : IAsyncLifetime
{
    internal FakeUpstream Upstream { get; } = FakeUpstream.Start();

    /// <summary>The upstream as it was before any test: each test of a class begins with it.</summary>
    internal FakeUpstream Fresh()
    {
        Upstream.Script = c => c.SendAsync(Answers.Ok);
        return Upstream;
    }

    internal TestGateway Gateway { get; private set; } = null!;

    public async Task InitializeAsync() => Gateway = await TestGateway.StartAsync(new GatewayFile()
        .Model("plain", "plain")
        .Model("alias", "alias")
        .Model("org/name:tag", "plain")
        .Model("impatient", "plain", "timeout: 1s")
        .Model("keyless", "keyless")
        .Model("of-other", "plain")
        .Deployment("plain", Upstream.BaseUrl)
        .Deployment("alias", Upstream.BaseUrl, model: Alias)
        .Deployment("keyless", Upstream.BaseUrl, key: null)
        .Tenant("acme", TestKeys.Acme, "plain", "alias", "org/name:tag", "impatient", "keyless")
        .Tenant("other", TestKeys.Other, "of-other"));

    /// <summary>What the upstream of the model <c>alias</c> calls it; as JSON it needs escapes.</summary>
    internal const string Alias = """vendor/na"me\v2""";

    public async Task DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Upstream.DisposeAsync();
    }

    /// <summary>Sets the script, sends a request, and gives back what the client and the upstream got.</summary>
    internal async Task<(HttpResponseMessage Response, UpstreamRequest Request)> ForwardAsync(string answer, string? body = null)
    {
        Upstream.Script = c => c.SendAsync(answer);
        var before = Upstream.Requests.Count;
        var response = await Gateway.PostAsync(body ?? TestGateway.Prompt("plain"));
        return (response, Upstream.Requests.Skip(before).Single());
    }
}
