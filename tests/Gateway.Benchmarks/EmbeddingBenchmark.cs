using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Gateway.Benchmarks;

/// <summary>Texts and tokens per second of the shipped embedding model over HTTP, one text a request and many.</summary>
internal static class EmbeddingBenchmark
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync()
    {
        using var gateway = await Child.StartGatewayAsync(Directory.CreateTempSubdirectory("gateway-benchmark-").FullName);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await EmbedAsync(client, gateway, texts: 1, words: 480);
        foreach (var (texts, words) in ((int, int)[])[(1, 10), (64, 10), (1, 110), (64, 110)])
        {
            var (requests, tokens) = (0, 0);
            var started = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(started) < Length)
            {
                tokens += await EmbedAsync(client, gateway, texts, words);
                requests++;
            }

            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            Console.WriteLine(
                $"embeddings: {texts} texts of {tokens / requests / texts} tokens a request: {requests * texts / seconds:F0} texts/s, {tokens / seconds:F0} tokens/s, {1000 * seconds / requests:F0} ms a request");
        }

        return 0;
    }

    private static async Task<int> EmbedAsync(HttpClient client, Child gateway, int texts, int words)
    {
        var body = new
        {
            model = "multilingual-e5-small",
            encoding_format = "base64",
            input = Enumerable.Range(0, texts).Select(i => $"query: number {i} " + string.Join(' ', Enumerable.Repeat("rain", words))),
        };
        using var message = new HttpRequestMessage(HttpMethod.Post, gateway.Url + "/v1/embeddings")
        {
            Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"),
        };
        message.Headers.TryAddWithoutValidation("Authorization", "Bearer " + Child.Key);
        using var response = await client.SendAsync(message);
        using var answer = JsonDocument.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        return answer.RootElement.GetProperty("usage").GetProperty("total_tokens").GetInt32();
    }
}
