using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Residency.Guard;
using Gateway.Tenants;
using Gateway.Tests.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Residency.Attacks;

/// <summary>
/// A gateway in Brazil for a tenant whose personal data must stay there, an upstream where it may go, one in the United States where it may not, and one that
/// nobody configured. All three record every connection. At the end nothing may have reached the last two, whatever the attacks of a class did.
/// </summary>
public sealed class AttackWorld : IAsyncLifetime
{
    internal const string PublicKey = "gw_public-77c0d9a2b4e1";

    private int _expected;

    /// <summary>Where personal data may go.</summary>
    internal FakeUpstream Permitted { get; } = FakeUpstream.Start();

    /// <summary>Configured, and preferred by weight, but not for personal data.</summary>
    internal FakeUpstream Forbidden { get; } = FakeUpstream.Start();

    /// <summary>Not configured.</summary>
    internal FakeUpstream Elsewhere { get; } = FakeUpstream.Start();

    internal ShiftedTime Time { get; } = new();

    internal TestGateway Gateway { get; private set; } = null!;

    /// <summary>What DNS says, each time anew; a name that is not here has no address.</summary>
    internal Dictionary<string, Func<string[]>> Dns { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>How often DNS was asked.</summary>
    internal int Lookups { get; private set; }

    internal static string Url(FakeUpstream upstream, string host = "127.0.0.1") => $"http://{host}:{upstream.Port}";

    public async Task InitializeAsync() => Gateway = await TestGateway.StartAsync(GatewayFile.Of(Text()), Time, configure: services => services.AddSingleton<HostResolver>((host, _) =>
    {
        Lookups++;
        return Dns.TryGetValue(host, out var addresses)
            ? Task.FromResult<IPAddress[]>([.. addresses().Select(IPAddress.Parse)])
            : throw new SocketException((int)SocketError.HostNotFound);
    }));

    public async Task DisposeAsync()
    {
        await Gateway.DisposeAsync();
        AssertKept();
        await Permitted.DisposeAsync();
        await Forbidden.DisposeAsync();
        await Elsewhere.DisposeAsync();
    }

    /// <summary>The configuration, with further deployments and models.</summary>
    internal string Text(string deployments = "", string models = "", string personal = "processing: [BR]") => $$"""
        node: { country: BR, operator: Hospital, operator_country: BR }
        models:
          - { name: mixed, deployments: [{ name: us, weight: 1000 }, { name: br, weight: 1 }], cooldown: 0s }
          - { name: only-us, deployments: [us] }
          - { name: only-br, deployments: [br], cooldown: 0s }
          - { name: nowhere, deployments: [undeclared] }
        {{models}}
        deployments:
          - { name: br, kind: openai-compatible, base_url: "{{Url(Permitted)}}/v1", placement: { processing: [BR], storage: [BR], operator: Hospital, operator_country: BR, retention_days: 0, trains: false } }
          - { name: us, kind: openai-compatible, base_url: "{{Url(Forbidden)}}/v1", placement: { processing: [US], storage: [US], operator: Cloud, operator_country: US, retention_days: 30, trains: false } }
          - { name: undeclared, kind: openai-compatible, base_url: "{{Url(Forbidden)}}/v2" }
        {{deployments}}
        policies:
          - name: saude
            classes:
              public: { anywhere: true }
              personal: { {{personal}} }
              restricted: { local_only: true }
        tenants:
          - name: acme
            models: ["*"]
            policy: saude
            keys:
              - { name: ward, sha256: {{KeyHash.Of(TestKeys.Acme)}}, data_class: personal }
              - { name: site, sha256: {{KeyHash.Of(PublicKey)}} }
          - { name: other, models: ["*"], keys: [{ name: k, sha256: {{KeyHash.Of(TestKeys.Other)}} }] }
        """;

    /// <summary>Sends a request of the personal class, as bytes, on a connection of its own.</summary>
    internal async Task<RawResponse> SendAsync(string body, string path = TestGateway.ChatPath, string key = TestKeys.Acme, string headers = "", string? target = null, string host = "gateway")
    {
        using var client = await Gateway.ConnectAsync();
        var bytes = Encoding.UTF8.GetBytes(body);
        await client.SendAsync($"POST {target ?? path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {bytes.Length}\r\n{headers}\r\n");
        await client.SendAsync(bytes);
        return await client.ReadAsync();
    }

    /// <summary>Sends what must be refused, and sees that no upstream got anything.</summary>
    internal async Task<OpenAIError> RefusedAsync(int status, Func<Task<RawResponse>> send)
    {
        var before = Permitted.Requests.Count;
        var response = await send();
        var error = OpenAIError.Read(response, status);
        Assert.Equal(before, Permitted.Requests.Count);
        AssertKept();
        return error;
    }

    /// <summary>Sends what may be answered by the permitted upstream, and gives back what that got.</summary>
    internal async Task<UpstreamRequest> AnsweredAsync(Func<Task<RawResponse>> send)
    {
        var before = Permitted.Requests.Count;
        (await send()).AssertStatus(200);
        AssertKept();
        return Permitted.Requests.Skip(before).Single();
    }

    /// <summary>Says that this many connections were rightly made to the forbidden upstream.</summary>
    internal void Expect(int connections) => _expected = connections;

    internal void AssertKept()
    {
        Assert.Equal(_expected, Forbidden.Connections);
        Assert.Equal(0, Elsewhere.Connections);
    }
}
