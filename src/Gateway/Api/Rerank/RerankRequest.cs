using System.Collections.Frozen;
using System.Text.Json;
using static Gateway.Api.RequestFields;

namespace Gateway.Api.Rerank;

/// <summary>A request to <c>/v1/rerank</c> for a local model, in the shape that Jina and Cohere share.</summary>
internal sealed class RerankRequest
{
    /// <summary>Documents of one request, as Jina bounds them.</summary>
    public const int MaxDocuments = 2048;

    // The fields of Jina's and Cohere's request, and what becomes of each.
    private static readonly FrozenDictionary<string, FieldReader<RerankRequest>> Fields =
        new Dictionary<string, FieldReader<RerankRequest>>(StringComparer.Ordinal)
        {
            // Read with the envelope.
            ["model"] = Accepted<RerankRequest>(JsonValueKind.String),

            ["query"] = ReadQuery,
            ["documents"] = ReadDocuments,
            ["top_n"] = Integer<RerankRequest>(1, int.MaxValue, (r, v) => r.TopCount = (int)v),
            ["return_documents"] = Boolean<RerankRequest>((r, v) => r.ReturnDocuments = v),
            ["user"] = Accepted<RerankRequest>(JsonValueKind.String),

            // Not theirs, but Text Embeddings Inference's.
            ["raw_scores"] = Boolean<RerankRequest>((r, v) => r.RawScores = v),

            // What becomes of a long document is the deployment's to say (`overlong`).
            ["max_tokens_per_doc"] = Refused<RerankRequest>(),
            ["max_chunks_per_doc"] = Refused<RerankRequest>(),
            ["overlap_tokens"] = Refused<RerankRequest>(),
            ["truncation"] = Refused<RerankRequest>(),
            ["truncate_prompt_tokens"] = Refused<RerankRequest>(),
            ["rank_fields"] = Refused<RerankRequest>(),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly List<string> _documents = [];
    private string? _query;

    private RerankRequest()
    {
    }

    /// <summary>What is searched for; not empty.</summary>
    public string Query => _query!;

    /// <summary>What may answer it; not none, but a document may be empty.</summary>
    public IReadOnlyList<string> Documents => _documents;

    /// <summary>Results wanted; null for all.</summary>
    public int? TopCount { get; private set; }

    /// <summary>Whether results hold their documents.</summary>
    public bool ReturnDocuments { get; private set; }

    /// <summary>Whether scores are wanted as the model gives them, as llama-server tells them, and not between 0 and 1.</summary>
    public bool RawScores { get; private set; }

    /// <summary>Reads a request's body; null and an error when a field is wrong, missing or cannot be honoured.</summary>
    public static RerankRequest? Read(JsonElement body, out ApiError? error)
    {
        var request = new RerankRequest();
        error = RequestFields.Read(body, Fields, request)
            ?? (request._query is null ? Missing("query") : request._documents.Count == 0 ? Missing("documents") : null);
        return error is null ? request : null;
    }

    private static ApiError? ReadQuery(JsonElement value, string name, RerankRequest request)
    {
        var error = Text(value, name, out var query);
        request._query = query;
        return error ?? (query.Length == 0 ? ApiError.BadRequest($"Invalid '{name}': it is an empty string.", name, "empty_string") : null);
    }

    private static ApiError? ReadDocuments(JsonElement value, string name, RerankRequest request)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return InvalidType(name, "array of documents", value);
        }

        var count = value.GetArrayLength();
        if (count is 0 or > MaxDocuments)
        {
            return count == 0
                ? ApiError.BadRequest($"Invalid '{name}': it is an empty array.", name, "empty_array")
                : ApiError.BadRequest($"Invalid '{name}': expected at most {MaxDocuments} items, but got {count}.", name, "array_above_max_length");
        }

        foreach (var item in value.EnumerateArray())
        {
            if (ReadDocument(item, $"{name}[{request._documents.Count}]", out var document) is { } error)
            {
                return error;
            }

            request._documents.Add(document);
        }

        return null;
    }

    private static ApiError? ReadDocument(JsonElement value, string path, out string document)
    {
        document = "";
        if (value.ValueKind == JsonValueKind.String)
        {
            return Text(value, path, out document);
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            return InvalidType(path, "string or object with a 'text'", value);
        }

        foreach (var property in value.EnumerateObject())
        {
            if (property.Name is not "text")
            {
                return Unsupported($"{path}.{Shorten(property.Name)}");
            }
        }

        return value.TryGetProperty("text", out var text) ? Text(text, $"{path}.text", out document) : Missing($"{path}.text");
    }
}
