using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Gateway.Benchmarks;

/// <summary>What tools cost: time to the first event of an answer with 30 tools against none, described only and bound by a grammar.</summary>
internal static class ToolsBenchmark
{
    private const int Tools = 30;
    private const int Runs = 3;

    public static async Task<int> RunAsync()
    {
        using var gateway = await Child.StartGatewayAsync(Directory.CreateTempSubdirectory("gateway-benchmark-").FullName);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
        var described = $", \"tools\": [{string.Join(", ", Enumerable.Range(0, Tools).Select(Tool))}]";

        // The same number of tokens in the prompt, as plain text: what is left of the difference is what tools themselves cost.
        var filler = JsonSerializer.Serialize(new string([.. described.Where(c => c != '\\')]));
        var kinds = new (string Name, string Content, string More)[]
        {
            ("no tools", "\"What is the weather in Lima?\"", ""),
            ($"{Tools} tools as plain text", filler, ""),
            ($"{Tools} tools", "\"What is the weather in Lima?\"", described),
            ($"{Tools} tools, one required", "\"What is the weather in Lima?\"", described + ", \"tool_choice\": \"required\""),
        };
        double plain = 0;
        foreach (var (name, content, more) in kinds)
        {
            var times = new List<double>();
            for (var run = 0; run <= Runs; run++)
            {
                times.Add(await FirstEventAsync(client, gateway, content, more));
            }

            // The first one warms up: the grammar is made and kept.
            var median = times.Skip(1).Order().ElementAt(Runs / 2);
            plain = plain == 0 ? median : plain;
            Console.WriteLine($"tools: {name}: first event after {median:F0} ms ({median / plain:F2}x of no tools), cold {times[0]:F0} ms");
        }

        return 0;
    }

    private static string Tool(int number) =>
        $$"""
        {"type": "function", "function": {"name": "lookup_{{number}}", "description": "Looks up the records of register {{number}} that match.", "parameters": {"type": "object",
         "properties": {"city": {"type": "string", "description": "Name of a city"}, "limit": {"type": "integer", "minimum": 1, "maximum": 100},
         "order": {"type": "string", "enum": ["newest", "oldest"]} }, "required": ["city"], "additionalProperties": false} } }
        """;

    private static async Task<double> FirstEventAsync(HttpClient client, Child gateway, string content, string more)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, gateway.Url + "/v1/chat/completions")
        {
            Content = new StringContent(
                $$"""{"model":"smollm2-135m-instruct","messages":[{"role":"user","content":{{content}} }],"max_tokens":1,"stream":true{{more}}}""",
                Encoding.UTF8,
                "application/json"),
        };
        message.Headers.TryAddWithoutValidation("Authorization", "Bearer " + Child.Key);
        var started = Stopwatch.GetTimestamp();
        using var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        await reader.ReadLineAsync();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }
}
