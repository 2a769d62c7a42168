using System.Text.Json;
using static Gateway.Api.RequestFields;

namespace Gateway.Api;

/// <summary>A text for a model, given as text or as token ids.</summary>
internal sealed record TextInput(string Path, string? Text, IReadOnlyList<int>? Tokens)
{
    /// <summary>Reads what OpenAI takes as <c>prompt</c> or <c>input</c>: a string, token ids, or an array of either.</summary>
    /// <param name="value">The field's value.</param>
    /// <param name="name">The field's name.</param>
    /// <param name="most">Texts that there may be.</param>
    /// <param name="inputs">Takes them, in their order.</param>
    public static ApiError? ReadAll(JsonElement value, string name, int most, List<TextInput> inputs)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return ReadText(value, name, "string or array", inputs);
        }

        var count = value.GetArrayLength();
        if (count == 0)
        {
            return ApiError.BadRequest($"Invalid '{name}': it is an empty array.", name, "empty_array");
        }

        var kind = value[0].ValueKind;
        if (kind == JsonValueKind.Number)
        {
            return ReadTokens(value, name, inputs);
        }

        if (count > most)
        {
            return ApiError.BadRequest($"Invalid '{name}': expected at most {most} items, but got {count}.", name, "array_above_max_length");
        }

        foreach (var item in value.EnumerateArray())
        {
            var path = $"{name}[{inputs.Count}]";
            var error = kind == JsonValueKind.Array
                ? item.ValueKind == kind ? ReadTokens(item, path, inputs) : InvalidType(path, "array of token ids as the first item is", item)
                : ReadText(item, path, inputs.Count == 0 ? "string, token id or array of token ids" : "string as the first item is", inputs);
            if (error is not null)
            {
                return error;
            }
        }

        return null;
    }

    private static ApiError? ReadText(JsonElement value, string path, string expected, List<TextInput> inputs)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return InvalidType(path, expected, value);
        }

        var error = RequestFields.Text(value, path, out var text);
        inputs.Add(new TextInput(path, text, null));
        return error;
    }

    private static ApiError? ReadTokens(JsonElement value, string path, List<TextInput> inputs)
    {
        var error = TokenIds(value, path, out var tokens);
        inputs.Add(new TextInput(path, null, tokens));
        return error;
    }
}
