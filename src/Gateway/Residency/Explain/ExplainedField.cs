using System.Text.Json;
using Gateway.Api;
using Gateway.Exchanges;
using Gateway.Residency.Fields;

namespace Gateway.Residency;

/// <summary>The field of a request that keeps it from deployments elsewhere, or from all.</summary>
/// <param name="Rule">As the explanation has it; null when there is none.</param>
/// <param name="Refusal">What the client would be told where nothing is left.</param>
/// <param name="StopsLocal">Whether not even a deployment in this process answers.</param>
internal readonly record struct ExplainedField(ExplainedRuleJson? Rule, string Refusal, bool StopsLocal)
{
    /// <param name="body">The request's body; an object.</param>
    /// <param name="denied">What its fields may not do.</param>
    public static ExplainedField Of(ReadOnlySpan<byte> body, FieldEffects denied)
    {
        try
        {
            var (table, found) = (FieldTable.Of(EndpointOf(body)), default(FieldFinding));
            found = FieldScanner.Scan(body, table, FieldEffects.None);
            found = found.IsDuplicate ? found : FieldScanner.Scan(body, table, denied);
            return found.Path is null ? default
                : found.IsDuplicate ? new(new("request", Permits: false, "duplicate_key", $"the key {found.Path} stands in it twice"), "400 duplicate_key", StopsLocal: true)
                : new(new($"side_doors.{SideDoors.KeyOf(found.Effect)}", Permits: false, "field_denied", $"the field {found.Path} {SideDoors.WordsOf(found.Effect)}"), "403 field_denied", StopsLocal: false);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Deeper than any request, or with a key that is no text.
            return new(new("request", Permits: false, "invalid_json", "its JSON is not taken"), "400 invalid_json", StopsLocal: true);
        }
    }

    public bool Stops(Placement placement) => Rule is not null && (StopsLocal || !placement.IsLocal);

    // By the field that only one of them has.
    private static ApiEndpoint EndpointOf(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = RequestEnvelopeReader.MaxDepth });
        reader.Read();
        var endpoint = ApiEndpoint.ChatCompletions;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("messages"u8))
            {
                return ApiEndpoint.ChatCompletions;
            }

            endpoint = reader.ValueTextEquals("prompt"u8) ? ApiEndpoint.Completions
                : reader.ValueTextEquals("input"u8) ? ApiEndpoint.Embeddings
                : reader.ValueTextEquals("query"u8) ? ApiEndpoint.Rerank
                : endpoint;
            reader.Read();
            reader.Skip();
        }

        return endpoint;
    }
}
