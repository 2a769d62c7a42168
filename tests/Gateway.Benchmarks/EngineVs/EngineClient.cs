using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Gateway.Benchmarks.EngineVs;

/// <summary>What is asked of a server.</summary>
/// <param name="Content">The user's message.</param>
/// <param name="MaxTokens">Tokens of the answer; it ends no sooner.</param>
/// <param name="Tenant">Who asks, 0 or 1.</param>
/// <param name="Temperature">Randomness of the draw.</param>
internal sealed record EngineCall(string Content, int MaxTokens, int Tenant = 0, double Temperature = 0.8);

/// <summary>A streamed answer, as its client saw it.</summary>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="Tokens">Tokens of the answer.</param>
/// <param name="FirstToken">Milliseconds from the request to the first text, or the end where there is none.</param>
/// <param name="Arrivals">When each event came.</param>
internal sealed record EngineStream(int PromptTokens, int Tokens, double FirstToken, IReadOnlyList<long> Arrivals);

/// <summary>Speaks to both servers in the same words.</summary>
internal sealed class EngineClient : IDisposable
{
    public const string Model = "model";

    public HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };

    public void Dispose() => Http.Dispose();

    /// <summary>Reads a whole stream.</summary>
    /// <param name="server">Who is asked.</param>
    /// <param name="call">What for.</param>
    /// <param name="onEvent">Hears the number of events with text that came.</param>
    /// <param name="cancellationToken">Closes the connection.</param>
    public async Task<EngineStream> StreamAsync(EngineServer server, EngineCall call, Action<int>? onEvent = null, CancellationToken cancellationToken = default)
    {
        using var message = MessageOf(server, call, stream: true);
        var started = Stopwatch.GetTimestamp();
        using var response = await Http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await ThrowIfFailedAsync(server, response);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        var arrivals = new List<long>(call.MaxTokens);
        var (first, prompt, tokens) = (0d, 0, 0);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (!line.StartsWith("data: {", StringComparison.Ordinal))
            {
                continue;
            }

            var now = Stopwatch.GetTimestamp();
            if (line.StartsWith("data: {\"error\"", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"{server.Name}: {line}");
            }

            if (arrivals.Count > 0 || HasText(line))
            {
                arrivals.Add(now);
                first = first == 0 ? Stopwatch.GetElapsedTime(started, now).TotalMilliseconds : first;
                onEvent?.Invoke(arrivals.Count);
            }

            (prompt, tokens) = (Number(line, "\"prompt_tokens\":") ?? prompt, Number(line, "\"completion_tokens\":") ?? tokens);
        }

        // A token without a text of its own is there all the same.
        return new EngineStream(prompt, tokens, first == 0 ? Stopwatch.GetElapsedTime(started).TotalMilliseconds : first, arrivals);
    }

    /// <summary>Asks for the answer in one piece, and throws it away.</summary>
    public async Task SendAsync(EngineServer server, EngineCall call, CancellationToken cancellationToken = default)
    {
        using var message = MessageOf(server, call, stream: false);
        using var response = await Http.SendAsync(message, cancellationToken);
        await ThrowIfFailedAsync(server, response);
        await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    private static HttpRequestMessage MessageOf(EngineServer server, EngineCall call, bool stream)
    {
        // SmolLM2's tokens that end a turn are impossible: every answer is as long as it was asked for.
        var body = string.Create(
            CultureInfo.InvariantCulture,
            $$$"""{"model":"{{{Model}}}","messages":[{"role":"user","content":{{{JsonSerializer.Serialize(call.Content)}}}}],"max_tokens":{{{call.MaxTokens}}},"temperature":{{{call.Temperature}}},"top_k":40,"top_p":0.95,"min_p":0.05,"logit_bias":{"0":-100,"2":-100}{{{(stream ? ",\"stream\":true,\"stream_options\":{\"include_usage\":true}" : "")}}}}""");
        var message = new HttpRequestMessage(HttpMethod.Post, server.Url + "/v1/chat/completions") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        message.Headers.Authorization = server.KeyOf(call.Tenant) is { } key ? new AuthenticationHeaderValue("Bearer", key) : null;
        return message;
    }

    private static async Task ThrowIfFailedAsync(EngineServer server, HttpResponseMessage response)
    {
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{server.Name}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        }
    }

    private static bool HasText(string line)
    {
        using var json = JsonDocument.Parse(line.AsMemory("data: ".Length));
        return json.RootElement.TryGetProperty("choices", out var choices) && choices.GetArrayLength() > 0
            && choices[0].TryGetProperty("delta", out var delta)
            && delta.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String && content.GetString()!.Length > 0;
    }

    private static int? Number(string line, string name)
    {
        var at = line.IndexOf(name, StringComparison.Ordinal);
        if (at < 0)
        {
            return null;
        }

        var rest = line.AsSpan(at + name.Length).TrimStart();
        var end = rest.IndexOfAnyExceptInRange('0', '9');
        return int.Parse(end < 0 ? rest : rest[..end], CultureInfo.InvariantCulture);
    }
}
