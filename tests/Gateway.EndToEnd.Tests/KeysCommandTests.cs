using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gateway.EndToEnd.Tests;

/// <summary><c>gateway keys</c> as an operator runs it: a process beside the one that serves, or alone.</summary>
public sealed partial class KeysCommandTests : IDisposable
{
    private const string Configuration = """
        models: [{ name: m, deployments: [d] }]
        deployments: [{ name: d, kind: openai-compatible, base_url: "http://127.0.0.1:9/v1" }]
        policies: [{ name: open, classes: { public: { anywhere: true } } }]
        tenants: [{ name: clinic, policy: open, models: [m], keys: [{ name: declared, sha256: 9befdfbe727f46932687819c01a99a3397e0245058cd350f5a6a681289200738 }] }]
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-e2e-").FullName;

    public KeysCommandTests() => File.WriteAllText(Path.Combine(_folder, "gateway.yaml"), Configuration);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Keys_are_managed_while_the_gateway_runs()
    {
        await using var gateway = await GatewayProcess.StartAsync(_folder);
        var made = await RunJsonAsync("create", "--tenant", "clinic", "--name", "app", "--models", "m", "--expires", "90d");
        var (id, key) = (made.GetProperty("id").GetString()!, made.GetProperty("key").GetString()!);
        await UntilAsync(gateway, key, 200);

        var rotated = (await RunJsonAsync("rotate", id, "--grace", "0s")).GetProperty("key").GetString()!;
        await UntilAsync(gateway, key, 401);
        await UntilAsync(gateway, rotated, 200);

        await RunAsync(0, "revoke", id);
        await UntilAsync(gateway, rotated, 401);

        var listed = await RunJsonAsync("list");
        Assert.Equal(["declared", "app"], listed.EnumerateArray().Select(k => k.GetProperty("name").GetString()));
        Assert.Equal("revoked", (await RunJsonAsync("show", id)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Keys_are_managed_while_no_gateway_runs()
    {
        var text = await RunAsync(0, "create", "--tenant", "clinic", "--name", "app", "--networks", "127.0.0.0/8,::1");
        var key = KeyInText().Match(text).Groups["key"].Value;
        var id = IdInText().Match(text).Groups["id"].Value;
        await RunAsync(0, "expire", id, "--expires", "2099-01-01");
        Assert.Contains("2099-01-01T00:00:00Z", await RunAsync(0, "list", "--tenant", "clinic"), StringComparison.Ordinal);
        Assert.DoesNotContain(key, await RunAsync(0, "show", id), StringComparison.Ordinal);

        await using var gateway = await GatewayProcess.StartAsync(_folder);
        await UntilAsync(gateway, key, 200);
    }

    [Fact]
    public async Task The_exit_code_tells_what_went_wrong()
    {
        Assert.Contains("no key `key_0123456789abcdef`", await RunAsync(1, "show", "key_0123456789abcdef"), StringComparison.Ordinal);
        Assert.Contains("tenant", await RunAsync(1, "create", "--tenant", "'; DROP TABLE api_keys; --", "--name", "x"), StringComparison.Ordinal);
        Assert.Contains("models[0]", await RunAsync(1, "create", "--tenant", "clinic", "--name", "x", "--models", "gpt-9"), StringComparison.Ordinal);
        Assert.Contains("--expires", await RunAsync(1, "create", "--tenant", "clinic", "--name", "x", "--expires", "tomorrow"), StringComparison.Ordinal);
        Assert.Contains("--name", await RunAsync(2, "create", "--tenant", "clinic"), StringComparison.Ordinal);
        await RunAsync(2, "rotate");

        await File.WriteAllTextAsync(Path.Combine(_folder, "gateway.yaml"), Configuration + "\ncolour: red\n");
        Assert.Contains("gateway.yaml:5:1: colour", await RunAsync(1, "list"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_demonstration_has_an_admin_key_that_stays()
    {
        File.Delete(Path.Combine(_folder, "gateway.yaml"));
        string first;
        await using (var gateway = await GatewayProcess.StartAsync(_folder))
        {
            first = AdminKeyInText().Match(gateway.Output).Groups["key"].Value;
            using var client = new HttpClient { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", first) } };
            using var response = await client.GetAsync(new Uri(gateway.Metrics, "/admin/v1/keys"));
            Assert.Equal(200, (int)response.StatusCode);
        }

        await using var again = await GatewayProcess.StartAsync(_folder);
        Assert.Equal(first, AdminKeyInText().Match(again.Output).Groups["key"].Value);
        Assert.NotEqual(first, again.Key);
    }

    private static async Task UntilAsync(GatewayProcess gateway, string key, int status)
    {
        using var client = new HttpClient { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            using var response = await client.GetAsync(new Uri(gateway.Api + "/models"), patience.Token);
            if ((int)response.StatusCode == status)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), patience.Token);
        }
    }

    private async Task<JsonElement> RunJsonAsync(params string[] arguments) => JsonDocument.Parse(await RunAsync(0, [.. arguments, "--json"])).RootElement;

    private async Task<string> RunAsync(int exitCode, params string[] arguments)
    {
        await using var process = await GatewayProcess.StartAsync(_folder, ["keys", .. arguments]);
        Assert.True(process.HasExited);
        Assert.True(exitCode == process.ExitCode, $"keys {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{process.Output}");
        return process.Output;
    }

    [GeneratedRegex(@"^key: +(?<key>\S+)", RegexOptions.Multiline)]
    private static partial Regex KeyInText();

    [GeneratedRegex(@"^id: +(?<id>\S+)", RegexOptions.Multiline)]
    private static partial Regex IdInText();

    [GeneratedRegex(@"^  Admin key +(?<key>\S+)", RegexOptions.Multiline)]
    private static partial Regex AdminKeyInText();
}
