using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Gateway.EndToEnd.Tests;

/// <summary>What a person sees who starts the gateway.</summary>
public sealed class StartTests
{
    private const string Variable = "GATEWAY_DEMO_KEY";

    [Fact]
    public async Task The_curl_line_that_the_start_prints_can_be_pasted_into_a_shell()
    {
        await using var gateway = await GatewayProcess.StartAsync();
        var at = gateway.Output.IndexOf("  curl ", StringComparison.Ordinal);

        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", gateway.Output[at..]]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var answer = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();

        Assert.Contains("Lima", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_of_the_first_start_is_good_at_the_second()
    {
        string folder, first;
        await using (var gateway = await GatewayProcess.StartAsync())
        {
            (folder, first) = (gateway.Folder, gateway.Key);
        }

        await using var again = await GatewayProcess.StartAsync(folder);

        Assert.StartsWith("gw_", first, StringComparison.Ordinal);
        Assert.Equal(first, again.Key);
    }

    [Fact]
    public async Task Urls_ASPNETCORE_URLS_and_PORT_say_where_the_API_listens()
    {
        var port = FreePort();
        foreach (var (arguments, name, value) in new (string[], string, string)[]
        {
            (["--urls", $"http://127.0.0.1:{port}"], Variable, "k"),
            ([], "ASPNETCORE_URLS", $"http://127.0.0.1:{port}"),
            ([], "PORT", $"{port}"),
        })
        {
            await using var gateway = await GatewayProcess.StartAsync(arguments: arguments, environment: new Dictionary<string, string>(StringComparer.Ordinal) { [name] = value });

            Assert.Equal($"http://127.0.0.1:{port}/v1", gateway.Api.AbsoluteUri.TrimEnd('/'));
        }
    }

    [Fact]
    public async Task A_configuration_with_errors_ends_the_start_with_all_of_them()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-e2e-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), "models:\n  - { name: m, deployments: [nowhere], colour: red }\ndeployments:\n  - { name: d, kind: openai-compatible, base_url: ftp://here }\ntenants: [{ name: t, models: [m] }]\n");

        await using var gateway = await GatewayProcess.StartAsync(folder);

        Assert.True(gateway.HasExited);
        Assert.Equal(1, gateway.ExitCode);
        Assert.Contains("gateway.yaml:2:", gateway.Output, StringComparison.Ordinal);
        Assert.Contains("models[0].colour", gateway.Output, StringComparison.Ordinal);
        Assert.Contains("nowhere", gateway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_file_that_is_broken_ends_the_start_with_its_name()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-e2e-").FullName;
        await File.WriteAllBytesAsync(Path.Combine(folder, "broken.gguf"), [.. "GGUF"u8, 3, 0, 0, 0, 1, 2, 3]);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "gateway.yaml"),
            "models: [{ name: m, deployments: [d] }]\ndeployments: [{ name: d, kind: local, path: broken.gguf }]\ntenants: [{ name: t, models: ['*'] }]\n");

        await using var gateway = await GatewayProcess.StartAsync(folder);

        Assert.True(gateway.HasExited);
        Assert.Equal(1, gateway.ExitCode);
        Assert.Contains("broken.gguf", gateway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_ends_the_start_with_what_to_do()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        await using var gateway = await GatewayProcess.StartAsync(arguments: ["--urls", $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}"]);

        Assert.True(gateway.HasExited);
        Assert.Equal(1, gateway.ExitCode);
        Assert.Contains("--urls", gateway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_in_the_making_is_finished_when_the_gateway_is_asked_to_end()
    {
        await using var gateway = await GatewayProcess.StartAsync(environment: new Dictionary<string, string>(StringComparer.Ordinal) { [Variable] = "k" });
        using var client = new HttpClient { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", "k") } };
        using var request = new HttpRequestMessage(HttpMethod.Post, gateway.Api + "/chat/completions")
        {
            Content = new StringContent(
                """{"model":"smollm2-135m-instruct","messages":[{"role":"user","content":"Tell a long story."}],"max_tokens":60,"stream":true}""",
                Encoding.UTF8,
                "application/json"),
        };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        await reader.ReadLineAsync();

        var stopping = gateway.StopAsync();
        var rest = await reader.ReadToEndAsync();
        await stopping;

        Assert.EndsWith("data: [DONE]\n\n", rest, StringComparison.Ordinal);
        Assert.Equal(0, gateway.ExitCode);
    }

    [Fact]
    public async Task The_health_command_tells_by_its_exit_code_whether_the_gateway_is_ready()
    {
        await using var gateway = await GatewayProcess.StartAsync();
        await using var ready = await GatewayProcess.StartAsync(arguments: ["health", gateway.Api.GetLeftPart(UriPartial.Authority)]);
        await using var nobody = await GatewayProcess.StartAsync(arguments: ["health", $"http://127.0.0.1:{FreePort()}"]);

        Assert.Equal(0, ready.ExitCode);
        Assert.Equal(1, nobody.ExitCode);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
