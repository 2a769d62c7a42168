using System.Text.Json;
using Gateway.Api;
using Gateway.Api.Embeddings;
using Gateway.Api.Rerank;
using Gateway.Configuration;
using Gateway.Exchanges;
using Gateway.Llama;

namespace Gateway.Engine;

/// <summary>A request for embeddings or scores as the engine takes it.</summary>
/// <param name="Inputs">Token ids of each text, or of each of its windows.</param>
/// <param name="Format">The shape of the answer.</param>
internal sealed record VectorRequest(IReadOnlyList<IReadOnlyList<int[]>> Inputs, VectorFormat Format)
{
    // OpenAI's bound for all inputs of a request.
    private const int MaxTokens = 300_000;

    /// <summary>Tokens that are computed for the request.</summary>
    public Usage Usage { get; } = new(Inputs.Sum(windows => windows.Sum(w => w.Length)), 0);

    /// <summary>Reads the request's body for this engine; null and an error when it cannot be answered.</summary>
    public static VectorRequest? Read(Exchange exchange, LlamaEngine engine, OverlongInput overlong, out ApiError? error)
    {
        using var document = RequestFields.Parse(exchange.Envelope.Body, out error);
        if (document is null)
        {
            return null;
        }

        var request = exchange.Endpoint == ApiEndpoint.Rerank
            ? ReadRerank(document.RootElement, exchange.Envelope.Model, engine, overlong, out error)
            : ReadEmbeddings(document.RootElement, exchange.Envelope.Model, engine, overlong, out error);
        if (request?.Usage.InputTokens > MaxTokens)
        {
            error = ApiError.BadRequest(
                $"One request may have {MaxTokens} tokens in all. However, yours resulted in {request.Usage.InputTokens} tokens. Please send it in parts.",
                exchange.Endpoint == ApiEndpoint.Rerank ? "documents" : "input",
                "max_tokens_per_request");
        }

        return error is null ? request : null;
    }

    private static VectorRequest? ReadEmbeddings(JsonElement body, string model, LlamaEngine engine, OverlongInput overlong, out ApiError? error)
    {
        if (EmbeddingRequest.Read(body, out error) is not { } request)
        {
            return null;
        }

        if (request.Dimensions > engine.Info.EmbeddingSize)
        {
            error = ApiError.BadRequest(
                $"Invalid 'dimensions': the vectors of this model have {engine.Info.EmbeddingSize}, not {request.Dimensions}.", "dimensions", "above_max_value");
            return null;
        }

        var inputs = new List<IReadOnlyList<int[]>>(request.Inputs.Count);
        foreach (var input in request.Inputs)
        {
            // Token ids are taken as they are, as llama-server and vLLM do; a text is wrapped in what the model wants.
            int[] tokens = input.Tokens is { } ids
                ? [.. ids]
                : engine.Tokenize(new PromptText(input.Text!, [new TextSpan(0, input.Text!.Length)]), addSpecial: true);
            error = TokenCheck.Ids(tokens, input.Path, engine.Info) ?? CheckLength(tokens.Length, input.Path, engine, overlong);
            if (error is not null)
            {
                return null;
            }

            inputs.Add(engine.CutIntoWindows(tokens));
        }

        return new(inputs, new EmbeddingFormat(model, request.Dimensions ?? engine.Info.EmbeddingSize, request.AsBase64));
    }

    private static VectorRequest? ReadRerank(JsonElement body, string model, LlamaEngine engine, OverlongInput overlong, out ApiError? error)
    {
        if (RerankRequest.Read(body, out error) is not { } request)
        {
            return null;
        }

        var limit = engine.Info.ContextLength;
        var inputs = new List<IReadOnlyList<int[]>>(request.Documents.Count);
        foreach (var document in request.Documents)
        {
            var pair = engine.TokenizePair(request.Query, document);
            if (pair.Tokens.Length > limit && pair.RoomForDocument(limit) < 1)
            {
                error = ApiError.BadRequest(
                    $"This model takes {limit} tokens of query and document together. However, 'query' alone resulted in {limit - pair.RoomForDocument(limit)} tokens. Please shorten it.",
                    "query",
                    "context_length_exceeded");
                return null;
            }

            error = CheckLength(pair.Tokens.Length, $"documents[{inputs.Count}]", engine, overlong);
            if (error is not null)
            {
                return null;
            }

            inputs.Add(pair.CutIntoWindows(limit));
        }

        return new(inputs, new RerankFormat(model, request, engine.ScoresAreProbabilities));
    }

    private static ApiError? CheckLength(int tokens, string path, LlamaEngine engine, OverlongInput overlong) =>
        tokens == 0 ? ApiError.BadRequest($"Invalid '{path}': this model makes no tokens of it.", path, "invalid_value")
        : tokens <= engine.Info.ContextLength || overlong == OverlongInput.Window ? null
        : ApiError.BadRequest(
            $"This model's maximum context length is {engine.Info.ContextLength} tokens. However, '{path}' resulted in {tokens} tokens. Please reduce its length, or let the operator set `overlong: window` for the deployment.",
            path,
            "context_length_exceeded");
}
