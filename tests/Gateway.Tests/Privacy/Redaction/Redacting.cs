using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Ledger;
using Gateway.Tenants;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Privacy;

/// <summary>A gateway whose tenant has what it sends abroad redacted, and an upstream that says again what it got.</summary>
internal static class Redacting
{
    public const string InBrazil = "placement: { processing: [BR], storage: [BR], operator: Casa, operator_country: BR, retention_days: 0, trains: false }";
    public const string InTheStates = "placement: { processing: [US], storage: [US], operator: Vendor, operator_country: US, retention_days: 30, trains: true }";
    public const string RedactAll = "privacy: [{ action: redact }]";
    public const string SideDoors = "side_doors: { identifiers: allow, store: allow, schemas: allow, unknown_fields: allow, hosted_tools: allow, remote_urls: allow, file_ids: allow, service_tier: allow }";

    /// <summary>Of anything public or internal; what is personal stays in Brazil.</summary>
    public const string Saude = $"name: saude, classes: {{ public: {{ anywhere: true, {SideDoors} }}, internal: {{ anywhere: true, {SideDoors} }}, personal: {{ processing: [BR], {SideDoors} }}, restricted: {{ local_only: true }} }}";

    /// <param name="far">The deployment abroad, of the model <c>m</c>.</param>
    /// <param name="tenant">What stands behind the tenant's other keys.</param>
    /// <param name="policy">The policy <c>saude</c>.</param>
    public static GatewayFile File(FakeUpstream far, string tenant = RedactAll, string policy = Saude) => new GatewayFile { BodyBytes = 8_000_000 }
        .Deployment("far", far.BaseUrl, more: InTheStates)
        .Model("m", "far")
        .Policies(policy)
        .TenantOf($"name: acme, models: [\"*\"], policy: saude, keys: [{{ name: first, sha256: {KeyHash.Of(TestKeys.Acme)} }}], {tenant}")
        .Admin("root", "admin", TestKeys.Admin)
        .More("node: { country: BR, operator: Casa, operator_country: BR }");

    public static string Prompt(string text, string more = "") =>
        new JsonObject { ["model"] = "m", ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = text }) }.ToJsonString()[..^1] + more + "}";

    /// <summary>The text of the last message, as the upstream got it.</summary>
    public static string ContentOf(UpstreamRequest request)
    {
        using var body = JsonDocument.Parse(request.Body);
        return body.RootElement.GetProperty("messages").EnumerateArray().Last().GetProperty("content").GetString()!;
    }

    /// <summary>An upstream that answers with the text of the last message, escaped as Go's and ASP.NET's encoders do it.</summary>
    public static Task EchoAsync(UpstreamConnection connection) => connection.SendAsync(Answers.Json(
        $$"""{"id":"x","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":{{JsonSerializer.Serialize(ContentOf(connection.Request))}}},"finish_reason":"stop"}]}"""));

    public static async Task<string> AnswerAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == 200, text);
        using var body = JsonDocument.Parse(text);
        return body.RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
    }

    public static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues("x-gateway-" + name, out var values) ? values.Single() : null;

    /// <summary>An event of a stream.</summary>
    public static string Event(int index, string delta, string finish = "null") =>
        $$"""data: {"id":"chatcmpl-9","object":"chat.completion.chunk","created":7,"model":"v","choices":[{"index":{{index}},"delta":{{delta}},"finish_reason":{{finish}}}]}""" + "\n\n";

    /// <summary>What the deltas of a stream say, by choice and by where they stand in it.</summary>
    public static SortedDictionary<string, string> Collect(string stream)
    {
        var texts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in stream.Split('\n').Where(l => l.StartsWith("data: {", StringComparison.Ordinal)))
        {
            using var data = JsonDocument.Parse(line["data: ".Length..]);
            if (!data.RootElement.TryGetProperty("choices", out var choices))
            {
                continue;
            }

            foreach (var choice in choices.EnumerateArray())
            {
                Add(texts, choice.GetProperty("index").GetInt32().ToString(System.Globalization.CultureInfo.InvariantCulture), choice);
            }
        }

        return texts;
    }

    private static void Add(SortedDictionary<string, string> texts, string path, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in value.EnumerateObject().Where(p => p.Name is not ("finish_reason" or "index" or "role" or "id" or "type" or "logprobs")))
                {
                    Add(texts, $"{path}.{property.Name}", property.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    Add(texts, $"{path}[{(item.TryGetProperty("index", out var index) ? index.GetInt32() : 0)}]", item);
                }

                break;
            case JsonValueKind.String:
                var raw = System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(value);
                texts[path] = texts.GetValueOrDefault(path, "") + Gateway.Privacy.JsonText.Read(raw[1..^1]);
                break;
        }
    }

    /// <summary>The lines of the ledger, the last first, once there are so many and all are closed.</summary>
    public static async Task<IReadOnlyList<ExchangeJson>> LinesAsync(TestGateway gateway, int count)
    {
        IReadOnlyList<ExchangeJson> lines = [];
        await Eventually.TrueAsync(
            async () => (lines = (await gateway.AdminJsonAsync(HttpMethod.Get, "/exchanges")).GetProperty("data").Deserialize<List<ExchangeJson>>(Gateway.Admin.AdminJson.Options)!).Count == count
                && lines.All(l => l.ClosedAt is not null),
            $"{count} lines are closed");
        return lines;
    }
}
