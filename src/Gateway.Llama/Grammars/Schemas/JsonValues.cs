using System.Text.Json;

namespace Gateway.Llama.Grammars.Schemas;

/// <summary>JSON values as JSON Schema compares and types them.</summary>
internal static class JsonValues
{
    /// <summary>A text that two values share exactly when they are equal.</summary>
    public static string Canonical(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => JsonText.Quote(value.GetString()!),
        JsonValueKind.Number => ExactNumber.TryParse(value.GetRawText(), out var number) ? number.ToString() : value.GetRawText(),
        JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(Canonical))}]",
        JsonValueKind.Object => $"{{{string.Join(',', value.EnumerateObject().OrderBy(property => property.Name, StringComparer.Ordinal)
            .Select(property => $"{JsonText.Quote(property.Name)}:{Canonical(property.Value)}"))}}}",
        _ => value.GetRawText(),
    };

    public static JsonTypes TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => JsonTypes.String,
        JsonValueKind.Number => JsonTypes.Number,
        JsonValueKind.Array => JsonTypes.Array,
        JsonValueKind.Object => JsonTypes.Object,
        JsonValueKind.Null => JsonTypes.Null,
        _ => JsonTypes.Boolean,
    };
}
