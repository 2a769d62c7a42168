using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Configuration;
using Gateway.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Testing;

/// <summary>
/// The service as it is, on free ports of the loopback. At its end it looks whether text of a prompt or an answer, or the upstream's key, went
/// into a log line, a metric or the store: that holds for every test there is.
/// </summary>
internal sealed partial class TestGateway : IAsyncDisposable
{
    /// <summary>Stands in every prompt and answer of these tests.</summary>
    public const string Canary = "canary-4c9e17";

    public const string ChatPath = "/v1/chat/completions";

    private static readonly string[] Secrets = [Canary, TestKeys.Upstream, TestKeys.Acme, TestKeys.Other, TestKeys.Admin];

    private readonly string _folder;
    private readonly WebApplication _app;
    private readonly HttpClient _keyless = new() { Timeout = WireReader.Patience };

    private TestGateway(string folder, WebApplication app, LogCapture logs)
    {
        (_folder, _app, Logs) = (folder, app, logs);
        Api = new Uri(app.Urls.First());
        Admin = new Uri(app.Urls.Last());
        Client = new HttpClient { BaseAddress = Api, Timeout = WireReader.Patience };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TestKeys.Acme);
    }

    /// <summary>A client with the key of the tenant <c>acme</c>.</summary>
    public HttpClient Client { get; }

    public Uri Api { get; }

    public Uri Admin { get; }

    public LogCapture Logs { get; }

    /// <summary>The configuration file.</summary>
    public string ConfigPath => Path.Combine(_folder, "gateway.yaml");

    public IServiceProvider Services => _app.Services;

    public static string Prompt(string model, string more = "") =>
        $$"""{"model":"{{model}}","messages":[{"role":"user","content":"{{Canary}} What is the capital of Peru?"}]{{more}}}""";

    /// <param name="file">The configuration.</param>
    /// <param name="time">The clock.</param>
    /// <param name="dataFolder">Where its state is; its own by default.</param>
    /// <param name="configure">Changes of its services.</param>
    /// <param name="keepsLog">Whether <see cref="Logs"/> has all lines, or, where there would be too many, only those of note that should not be.</param>
    public static async Task<TestGateway> StartAsync(
        GatewayFile file, TimeProvider? time = null, string? dataFolder = null, Action<IServiceCollection>? configure = null, bool keepsLog = true)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-tests-").FullName;
        var logs = new LogCapture(keepsLog ? null : HasSecret);
        string[] args =
        [
            "--urls=http://127.0.0.1:0", "--GATEWAY_ADMIN_URL=http://127.0.0.1:0", $"--GATEWAY_DATA_DIR={dataFolder ?? folder}",
            .. new[] { "Default", "Microsoft", "Yarp" }.Select(c => $"--Logging:LogLevel:{c}={(keepsLog ? "Trace" : "Information")}"), "--Logging:Console:LogLevel:Default=None",
        ];
        var app = await GatewayHost.CreateAsync(args, file.Save(folder), services =>
        {
            services.AddSingleton<ILoggerProvider>(logs);
            if (time is not null)
            {
                services.AddSingleton(time);
            }

            configure?.Invoke(services);
        });
        await app.StartAsync();
        return new TestGateway(folder, app, logs);
    }

    public Task<RawClient> ConnectAsync() => RawClient.ConnectAsync(Api);

    public Task<HttpResponseMessage> PostAsync(string body, string path = ChatPath, string key = TestKeys.Acme) =>
        PostAsync(Encoding.UTF8.GetBytes(body), path, key);

    public async Task<HttpResponseMessage> PostAsync(byte[] body, string path = ChatPath, string key = TestKeys.Acme)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Authorization = new("Bearer", key);
        return await Client.SendAsync(request);
    }

    /// <summary>Sends a request to the admin API, as <c>curl</c> would.</summary>
    public async Task<HttpResponseMessage> AdminAsync(HttpMethod method, string path, string? body = null, string? key = TestKeys.Admin)
    {
        using var request = new HttpRequestMessage(method, new Uri(Admin, "/admin/v1" + path));
        if (body is not null)
        {
            request.Content = new StringContent(body);
        }

        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
        }

        return await _keyless.SendAsync(request);
    }

    /// <summary>Sends a request to the admin API that must succeed.</summary>
    public async Task<JsonElement> AdminJsonAsync(HttpMethod method, string path, string? body = null, string? key = TestKeys.Admin)
    {
        var response = await AdminAsync(method, path, body, key);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Makes a key; its id and the key itself.</summary>
    public async Task<(string Id, string Key)> CreateKeyAsync(string more = "", string tenant = "acme", string? by = TestKeys.Admin)
    {
        var made = await AdminJsonAsync(HttpMethod.Post, "/keys", $$"""{"tenant":"{{tenant}}","name":"made"{{more}}}""", by);
        return (made.GetProperty("id").GetString()!, made.GetProperty("key").GetString()!);
    }

    /// <summary>Status of a request with this key that any key may send.</summary>
    public async Task<int> TryKeyAsync(string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Api, "/v1/models"));
        request.Headers.TryAddWithoutValidation("x-api-key", key);
        return (int)(await _keyless.SendAsync(request)).StatusCode;
    }

    /// <summary>Puts another file in the place of the one in force, and waits until the gateway has judged it.</summary>
    /// <returns>Whether it is in force.</returns>
    public Task<bool> ReloadAsync(GatewayFile file)
    {
        file.Save(_folder);
        return ReloadAsync();
    }

    public async Task<bool> ReloadAsync(string text)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "gateway.yaml"), text);
        return await ReloadAsync();
    }

    public async Task<string> MetricsAsync()
    {
        using var client = new HttpClient { BaseAddress = Admin };
        return await client.GetStringAsync("/metrics");
    }

    /// <summary>How many exchanges have ended in this way so far.</summary>
    public async Task<int> SettledAsync(string outcome, int? status = null)
    {
        var count = 0;
        foreach (Match series in Durations().Matches(await MetricsAsync()))
        {
            var labels = series.Groups["labels"].Value;
            if (labels.Contains($"gateway_outcome=\"{outcome}\"", StringComparison.Ordinal)
                && (status is null || labels.Contains($"http_response_status_code=\"{status}\"", StringComparison.Ordinal)))
            {
                count += int.Parse(series.Groups["count"].Value, CultureInfo.InvariantCulture);
            }
        }

        return count;
    }

    /// <summary>Waits until an exchange has ended in this way, beyond the <paramref name="before"/> that had.</summary>
    public async Task SettlesAsync(string outcome, int? status = null, int before = 0) =>
        await Eventually.TrueAsync(async () => await SettledAsync(outcome, status) == before + 1, $"one more exchange ends as {outcome} {status}");

    public async ValueTask DisposeAsync()
    {
        var metrics = await MetricsAsync();
        Client.Dispose();
        _keyless.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        var stored = Directory.GetFiles(_folder, "gateway.db*").Select(file => (file, Encoding.Latin1.GetString(File.ReadAllBytes(file)))).ToList();
        Directory.Delete(_folder, recursive: true);
        foreach (var secret in Secrets)
        {
            Assert.DoesNotContain(secret, metrics, StringComparison.Ordinal);
            Assert.All(stored, s => Assert.False(s.Item2.Contains(secret, StringComparison.Ordinal), $"{s.file} holds text of a prompt, an answer or a key."));
        }

        Assert.DoesNotContain(Logs.Lines, l => !IsRequestLine(l) && HasSecret(l));
    }

    private static bool HasSecret(LogLine line) => Array.Exists(Secrets, s => line.Text.Contains(s, StringComparison.Ordinal));

    // ASP.NET's line about each request, which is off unless an operator turns it on, has the URL. Some of these tests put a key into that.
    private static bool IsRequestLine(LogLine line) => line.Category is "Microsoft.AspNetCore.Hosting.Diagnostics";

    private async Task<bool> ReloadAsync()
    {
        // The first judgement may be of the file before, whose reading was under way when this one was written.
        await JudgeAsync();
        return await JudgeAsync();
    }

    private async Task<bool> JudgeAsync()
    {
        var seen = Logs.Lines.Count;
        Services.GetServices<IHostedService>().OfType<ConfigWatcher>().Single().Reload();
        var judged = await Logs.WaitForAsync(l => l.Category.EndsWith("ConfigWatcher", StringComparison.Ordinal) && l.Id.Name is "Applied" or "Kept" or "NotApplied", seen);
        return string.Equals(judged.Id.Name, "Applied", StringComparison.Ordinal);
    }

    [GeneratedRegex("^gen_ai_server_request_duration_seconds_count(?<labels>\\{.*\\}) (?<count>[0-9]+)", RegexOptions.Multiline)]
    private static partial Regex Durations();
}

/// <summary>Waits for what happens in its own time, such as the settlement behind an answer's last byte.</summary>
internal static class Eventually
{
    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), what);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        using var patience = new CancellationTokenSource(WireReader.Patience);
        while (!await condition())
        {
            Assert.False(patience.IsCancellationRequested, "This never came true: " + what);
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }
}
