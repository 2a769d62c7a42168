using System.Collections.Frozen;
using System.Text.Json;
using static Gateway.Api.RequestFields;

namespace Gateway.Api.Embeddings;

/// <summary>A request to <c>/v1/embeddings</c> for a local model.</summary>
internal sealed class EmbeddingRequest
{
    /// <summary>Texts of one request, as OpenAI bounds them.</summary>
    public const int MaxInputs = 2048;

    // Every field of OpenAI's CreateEmbeddingRequest, and what becomes of it.
    private static readonly FrozenDictionary<string, FieldReader<EmbeddingRequest>> Fields =
        new Dictionary<string, FieldReader<EmbeddingRequest>>(StringComparer.Ordinal)
        {
            // Read with the envelope.
            ["model"] = Accepted<EmbeddingRequest>(JsonValueKind.String),

            ["input"] = (value, name, request) => TextInput.ReadAll(value, name, MaxInputs, request._inputs),
            ["encoding_format"] = Word<EmbeddingRequest>(["float", "base64"], (r, word) => r.AsBase64 = word is "base64"),
            ["dimensions"] = Integer<EmbeddingRequest>(1, int.MaxValue, (r, v) => r.Dimensions = (int)v),

            // Names the end user to a provider that watches for abuse; a model in this process tells nobody.
            ["user"] = Accepted<EmbeddingRequest>(JsonValueKind.String),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly List<TextInput> _inputs = [];

    private EmbeddingRequest()
    {
    }

    /// <summary>Texts to embed, each on its own; not empty, and none of them an empty string.</summary>
    public IReadOnlyList<TextInput> Inputs => _inputs;

    /// <summary>Whether vectors are sent as base64 of little-endian 32-bit floats, rather than as numbers.</summary>
    public bool AsBase64 { get; private set; }

    /// <summary>Numbers wanted of each vector; null for all.</summary>
    public int? Dimensions { get; private set; }

    /// <summary>Reads a request's body; null and an error when a field is wrong, missing or cannot be honoured.</summary>
    public static EmbeddingRequest? Read(JsonElement body, out ApiError? error)
    {
        var request = new EmbeddingRequest();
        error = RequestFields.Read(body, Fields, request) ?? request.Finish();
        return error is null ? request : null;
    }

    private ApiError? Finish() =>
        _inputs.Count == 0 ? Missing("input")
        : _inputs.Find(input => input.Text is "" || input.Tokens is []) is { } empty
            ? ApiError.BadRequest(
                $"Invalid '{empty.Path}': it is an empty {(empty.Text is null ? "array" : "string")}.", empty.Path, empty.Text is null ? "empty_array" : "empty_string")
            : null;
}
