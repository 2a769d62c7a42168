using System.Text.Json.Nodes;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Engine.Soak;

/// <summary>A request that its number alone decides: the same number again is the same request.</summary>
/// <param name="Path">Where it goes.</param>
/// <param name="Key">Whose it is.</param>
/// <param name="Body">What it says.</param>
/// <param name="Kind">What is special about its answer.</param>
/// <param name="LeaveAfter">Events of the stream after which the client goes away, 0 for before the answer; null for one that stays.</param>
internal sealed record SoakRequest(string Path, string Key, JsonObject Body, SoakKind Kind, int? LeaveAfter)
{
    private const string Words = "time day year way thing man world life hand part child eye woman place work week case point government company number group problem fact";

    private const string Weather =
        """{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string","maxLength":8},"unit":{"enum":["celsius","fahrenheit"]}},"required":["city","unit"],"additionalProperties":false}}}""";

    private const string Now = """{"type":"function","function":{"name":"now"}}""";

    private const string Person =
        """{"type":"json_schema","json_schema":{"name":"person","strict":true,"schema":{"type":"object","properties":{"name":{"type":"string","maxLength":8},"age":{"type":"integer","minimum":0,"maximum":130}},"required":["name","age"],"additionalProperties":false}}}""";

    private static readonly string[] Vocabulary = Words.Split(' ');

    // What several requests begin with.
    private static readonly string[] Prefixes = [.. Enumerable.Range(0, 6).Select(i => Text(new Random(1000 + i), 40))];

    public bool IsStream => Body.ContainsKey("stream");

    public static SoakRequest Create(int number)
    {
        var random = new Random(number);
        var body = new JsonObject
        {
            ["model"] = random.Next(8) == 0 ? "adapted" : "tiny",
            ["seed"] = number,
            ["max_tokens"] = random.Next(30) == 0 ? 150 : random.Next(1, 16),
        };
        var kind = random.Next(40) == 0 ? SoakKind.TooLong : (SoakKind)(number % (int)SoakKind.TooLong);
        var words = kind == SoakKind.TooLong ? 2000 : random.Next(30) == 0 ? 100 : random.Next(1, 10);
        var prefix = Prefixes[random.Next(Prefixes.Length)];
        var text = $"{TestGateway.Canary} {Text(random, words)}";
        Describe(body, kind, prefix, text, tokensOfCall: random.Next(4) == 0 ? 80 : 12);
        if (random.Next(2) == 0)
        {
            body["stream"] = true;
            body["stream_options"] = new JsonObject { ["include_usage"] = true };
        }

        int? leaveAfter = kind != SoakKind.TooLong && random.Next(6) == 0 ? (body.ContainsKey("stream") ? random.Next(0, 6) : 0) : null;
        return new SoakRequest(
            kind == SoakKind.Completion ? "/v1/completions" : TestGateway.ChatPath, random.Next(3) == 0 ? TestKeys.Other : TestKeys.Acme, body, kind, leaveAfter);
    }

    private static void Describe(JsonObject body, SoakKind kind, string prefix, string text, int tokensOfCall)
    {
        if (kind == SoakKind.Completion)
        {
            body["prompt"] = new JsonArray($"{prefix} {text}", text);
            body["echo"] = true;
            return;
        }

        body["messages"] = new JsonArray(
            new JsonObject { ["role"] = "system", ["content"] = prefix }, new JsonObject { ["role"] = "user", ["content"] = text });
        switch (kind)
        {
            case SoakKind.Choices:
                body["n"] = 3;
                break;
            case SoakKind.Stop:
                body["stop"] = new JsonArray("e", " th");
                break;
            case SoakKind.Logprobs:
                body["logprobs"] = true;
                body["top_logprobs"] = 3;
                break;
            case SoakKind.JsonSchema:
                body["response_format"] = JsonNode.Parse(Person);
                body["max_tokens"] = 60;
                break;
            case SoakKind.JsonObject:
                body["response_format"] = new JsonObject { ["type"] = "json_object" };
                break;
            case SoakKind.MayCall:
                body["tools"] = new JsonArray(JsonNode.Parse(Weather), JsonNode.Parse(Now));
                break;
            case SoakKind.MustCall:
                body["tools"] = new JsonArray(JsonNode.Parse(Weather), JsonNode.Parse(Now));
                body["tool_choice"] = "required";
                body["parallel_tool_calls"] = false;
                body["max_tokens"] = tokensOfCall;
                break;
            case SoakKind.NamedCall:
                body["tools"] = new JsonArray(JsonNode.Parse(Weather), JsonNode.Parse(Now));
                body["tool_choice"] = JsonNode.Parse("""{"type":"function","function":{"name":"get_weather"}}""");
                body["max_tokens"] = tokensOfCall;
                break;
        }
    }

    private static string Text(Random random, int words) => string.Join(' ', Enumerable.Range(0, words).Select(_ => Vocabulary[random.Next(Vocabulary.Length)]));
}

/// <summary>Kinds of requests; each number has its turn.</summary>
internal enum SoakKind
{
    Plain,
    Choices,
    Stop,
    Logprobs,
    JsonSchema,
    JsonObject,
    MayCall,
    MustCall,
    NamedCall,
    Completion,

    /// <summary>More than the context takes: a 400.</summary>
    TooLong,
}
