using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.EndToEnd.Tests;

/// <summary>An environment that sends all programs through a proxy, as a process of its own finds it.</summary>
public sealed class ProxyTests
{
    private const string Key = "gw_proxy-4f1d77c2";

    private static readonly string[] Variables =
    [
        "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "CGI_HTTP_PROXY", "SOCKS_PROXY", "socks_proxy", "FTP_PROXY", "ftp_proxy",
    ];

    [Fact]
    public async Task Requests_and_keys_of_issuers_do_not_go_through_a_proxy_of_the_environment()
    {
        using var proxy = new Listener();
        using var upstream = new Listener();
        using var issuer = new Listener();
        var folder = Directory.CreateTempSubdirectory("gateway-e2e-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), $$"""
            models: [{ name: m, deployments: [clear] }, { name: n, deployments: [safe] }]
            deployments:
              - { name: clear, kind: openai-compatible, base_url: "http://127.0.0.1:{{upstream.Port}}/v1" }
              - { name: safe, kind: openai-compatible, base_url: "https://127.0.0.1:{{upstream.Port}}/v1" }
            policies: [{ name: open, classes: { public: { anywhere: true } } }]
            tenants: [{ name: t, models: ["*"], policy: open, keys: [{ name: k, sha256: {{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}} }] }]
            jwt: [{ name: i, issuer: "http://127.0.0.1:{{issuer.Port}}", audiences: [g], tenant: t }]
            """);
        var environment = Variables.ToDictionary(v => v, _ => $"http://127.0.0.1:{proxy.Port}", StringComparer.Ordinal);
        environment["NO_PROXY"] = environment["no_proxy"] = "";
        await using var gateway = await GatewayProcess.StartAsync(folder, environment: environment);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = gateway.Api };

        Assert.Equal(502, await PostAsync(client, "m", Key));
        Assert.Equal(502, await PostAsync(client, "n", Key));
        Assert.Equal(503, await PostAsync(client, "m", $"{Encode("""{"alg":"RS256","kid":"k"}""")}.{Encode($$"""{"iss":"http://127.0.0.1:{{issuer.Port}}","aud":"g","exp":4102444800}""")}.AAAA"));

        Assert.Equal(0, proxy.Connections);
        Assert.Equal(2, upstream.Connections);
        Assert.Equal(1, issuer.Connections);
    }

    private static async Task<int> PostAsync(HttpClient client, string model, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(client.BaseAddress!, "/v1/chat/completions"))
        {
            Content = new StringContent($$"""{"model":"{{model}}","messages":[{"role":"user","content":"x"}]}""", new MediaTypeHeaderValue("application/json")),
        };
        request.Headers.Authorization = new("Bearer", key);
        using var response = await client.SendAsync(request);
        return (int)response.StatusCode;
    }

    private static string Encode(string text) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    /// <summary>Counts connections, and closes them.</summary>
    private sealed class Listener : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private int _connections;

        public Listener()
        {
            _listener.Start();
            _ = AcceptAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public int Connections => Volatile.Read(ref _connections);

        public void Dispose() => _listener.Stop();

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    using var socket = await _listener.AcceptSocketAsync();
                    Interlocked.Increment(ref _connections);
                }
            }
            catch (SocketException)
            {
                // The test is over.
            }
        }
    }
}
