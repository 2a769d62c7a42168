using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.EndToEnd.Tests;

/// <summary>A worker process, as the system sees it.</summary>
public sealed partial class WorkerTests
{
    private const string Key = "key-of-the-worker-tests";
    private const string Secret = "secret-4f1c88e0d2";
    private const string Canary = "canary-77b10c";

    [Fact]
    public async Task A_worker_knows_no_secret_tells_no_prompt_and_ends_with_a_gateway_that_is_killed()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-e2e-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), $$"""
            models: [{ name: m, deployments: [w] }]
            deployments: [{ name: w, kind: local, path: models/SmolLM2-135M-Instruct-Q4_1.gguf, context_length: 512, isolation: process }]
            tenants: [{ name: t, models: [m], keys: [{ name: k, sha256: {{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}} }] }]
            """);
        await using var gateway = await GatewayProcess.StartAsync(
            folder,
            ["--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default=Trace", "--Logging:LogLevel:Gateway.Llama.Native=Trace"],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["PG_PASSWORD"] = Secret, ["TMPDIR"] = folder });
        var worker = int.Parse(WorkerLine().Match(gateway.Output).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.Contains("in a process of its own", gateway.Output, StringComparison.Ordinal);

        using var client = new HttpClient { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", Key) } };
        using var content = new StringContent($$"""{"model":"m","messages":[{"role":"user","content":"{{Canary}}"}],"max_tokens":4}""", Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(gateway.Api + "/chat/completions", content);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        if (OperatingSystem.IsLinux())
        {
            Assert.DoesNotContain(Secret, await File.ReadAllTextAsync($"/proc/{worker}/environ"), StringComparison.Ordinal);
            Assert.EndsWith("worker\0", await File.ReadAllTextAsync($"/proc/{worker}/cmdline"), StringComparison.Ordinal);
            var socket = Assert.Single(Directory.GetDirectories(folder, "gateway-worker-*"));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(socket));
        }

        await gateway.KillAsync();

        // Where nobody takes over orphans, one that has ended is there with an empty command line.
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (Directory.Exists($"/proc/{worker}") && (await File.ReadAllTextAsync($"/proc/{worker}/cmdline")).Length > 0)
        {
            await Task.Delay(20, patience.Token);
        }

        Assert.DoesNotContain(Canary, gateway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_person_who_starts_a_worker_is_told_what_it_is_for()
    {
        await using var command = await GatewayProcess.StartAsync(arguments: ["worker"]);

        Assert.Equal(2, command.ExitCode);
        Assert.Contains("isolation: process", command.Output, StringComparison.Ordinal);
    }

    [GeneratedRegex("worker process ([0-9]+)")]
    private static partial Regex WorkerLine();
}
