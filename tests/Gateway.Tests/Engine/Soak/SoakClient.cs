using System.Text;
using System.Text.Json;

namespace Gateway.Tests.Engine.Soak;

/// <summary>What a client knows of its request when it is over.</summary>
/// <param name="Kind">What it asked for.</param>
/// <param name="Id">The answer's <c>x-request-id</c>; null where it left before there was one.</param>
/// <param name="HasLeft">Whether it went away.</param>
/// <param name="PromptTokens">As the answer's usage says.</param>
/// <param name="CompletionTokens">As the answer's usage says.</param>
internal readonly record struct SoakAnswer(SoakKind Kind, string? Id, bool HasLeft, int PromptTokens, int CompletionTokens);

/// <summary>Clients that send requests, several at a time, look at the answers, and now and then go away.</summary>
internal sealed class SoakClient : IDisposable
{
    private const int AtATime = 12;

    private readonly HttpClient _client;

    public SoakClient(Uri api) =>
        _client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = AtATime }) { BaseAddress = api, Timeout = TimeSpan.FromMinutes(2) };

    /// <summary>Sends the requests of these numbers.</summary>
    public async Task<IReadOnlyList<SoakAnswer>> RunAsync(int first, int count)
    {
        var next = first - 1;
        var answers = await Task.WhenAll(Enumerable.Range(0, AtATime).Select(_ => Task.Run(async () =>
        {
            var mine = new List<SoakAnswer>();
            while (Interlocked.Increment(ref next) is var number && number < first + count)
            {
                mine.Add(await SendAsync(SoakRequest.Create(number), new Random(number)));
            }

            return mine;
        })));
        return [.. answers.SelectMany(a => a)];
    }

    public void Dispose() => _client.Dispose();

    private async Task<SoakAnswer> SendAsync(SoakRequest request, Random random)
    {
        using var leaving = new CancellationTokenSource();
        if (request.LeaveAfter == 0)
        {
            // At whatever moment that is.
            leaving.CancelAfter(random.Next(0, 30));
        }

        string? id = null;
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, request.Path) { Content = new StringContent(request.Body.ToJsonString(), Encoding.UTF8, "application/json") };
            message.Headers.Authorization = new("Bearer", request.Key);
            using var response = await _client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, leaving.Token);
            id = response.Headers.GetValues("x-request-id").Single();
            var isRefused = request.Kind == SoakKind.TooLong;
            if (isRefused || (int)response.StatusCode != 200)
            {
                var text = await response.Content.ReadAsStringAsync(leaving.Token);
                Assert.True(isRefused && (int)response.StatusCode == 400 && text.Contains("context_length_exceeded", StringComparison.Ordinal), $"{request.Body}: {text}");
                return new(request.Kind, id, HasLeft: false, 0, 0);
            }

            var usage = request.IsStream ? await ReadStreamAsync(request, response, leaving.Token) : await ReadWholeAsync(request, response, leaving.Token);
            return usage is { } told
                ? new(request.Kind, id, HasLeft: false, told.GetProperty("prompt_tokens").GetInt32(), told.GetProperty("completion_tokens").GetInt32())
                : new(request.Kind, id, HasLeft: true, 0, 0);
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            return new(request.Kind, id, HasLeft: true, 0, 0);
        }
    }

    private static async Task<JsonElement?> ReadWholeAsync(SoakRequest request, HttpResponseMessage response, CancellationToken leaving)
    {
        var answer = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(leaving));
        foreach (var choice in answer.GetProperty("choices").EnumerateArray())
        {
            AssertFits(request.Kind, choice);
        }

        return answer.GetProperty("usage");
    }

    /// <summary>Reads a stream to its end, or to where its client goes away: then null.</summary>
    private static async Task<JsonElement?> ReadStreamAsync(SoakRequest request, HttpResponseMessage response, CancellationToken leaving)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(leaving));
        JsonElement? usage = null;
        var events = 0;
        while (await reader.ReadLineAsync(leaving) is { } line)
        {
            if (line.Length == 0)
            {
                continue;
            }

            if (line == "data: [DONE]")
            {
                Assert.NotNull(usage);
                return usage;
            }

            if (++events == request.LeaveAfter)
            {
                return null;
            }

            var chunk = JsonElement.Parse(line["data: ".Length..]);
            Assert.False(chunk.TryGetProperty("error", out var error), error.ToString());
            usage = chunk.TryGetProperty("usage", out var told) && told.ValueKind == JsonValueKind.Object ? told : usage;
        }

        Assert.Fail("The stream broke off.");
        return null;
    }

    private static void AssertFits(SoakKind kind, JsonElement choice)
    {
        var reason = choice.GetProperty("finish_reason").GetString();
        switch (kind)
        {
            case SoakKind.JsonSchema when reason == "stop":
                Assert.InRange(JsonElement.Parse(choice.GetProperty("message").GetProperty("content").GetString()!).GetProperty("age").GetInt32(), 0, 130);
                break;
            case SoakKind.MustCall or SoakKind.NamedCall when reason != "length":
                var call = Assert.Single(choice.GetProperty("message").GetProperty("tool_calls").EnumerateArray()).GetProperty("function");
                Assert.Equal(JsonValueKind.Object, JsonElement.Parse(call.GetProperty("arguments").GetString()!).ValueKind);
                break;
            case SoakKind.Choices or SoakKind.Completion or SoakKind.Plain:
                Assert.Contains(reason, new[] { "stop", "length" });
                break;
        }
    }
}
