using System.Collections.Frozen;
using System.Text.Json;
using static Gateway.Api.RequestFields;

namespace Gateway.Api.Tokens;

/// <summary>A request to <c>/detokenize</c>, the same for llama-server and vLLM.</summary>
internal sealed class DetokenizeRequest
{
    private static readonly FrozenDictionary<string, FieldReader<DetokenizeRequest>> Fields =
        new Dictionary<string, FieldReader<DetokenizeRequest>>(StringComparer.Ordinal)
        {
            ["model"] = ReadModel,
            ["tokens"] = ReadTokens,
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private DetokenizeRequest()
    {
    }

    /// <summary>The model; null where the tenant has one only.</summary>
    public string? Model { get; private set; }

    public IReadOnlyList<int>? Tokens { get; private set; }

    /// <summary>Reads a request's body; null and an error when a field is wrong, missing or cannot be honoured.</summary>
    public static DetokenizeRequest? Read(JsonElement body, out ApiError? error)
    {
        var request = new DetokenizeRequest();
        error = RequestFields.Read(body, Fields, request) ?? (request.Tokens is null ? Missing("tokens") : null);
        return error is null ? request : null;
    }

    private static ApiError? ReadModel(JsonElement value, string name, DetokenizeRequest request)
    {
        var error = Text(value, name, out var model);
        request.Model = model;
        return error;
    }

    private static ApiError? ReadTokens(JsonElement value, string name, DetokenizeRequest request)
    {
        var error = TokenIds(value, name, out var tokens);
        request.Tokens = tokens;
        return error;
    }
}
