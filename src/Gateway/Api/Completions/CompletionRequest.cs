using System.Collections.Frozen;
using System.Text.Json;
using static Gateway.Api.RequestFields;

namespace Gateway.Api.Completions;

/// <summary>A request to <c>/v1/completions</c> for a local model.</summary>
internal sealed class CompletionRequest
{
    private const int MaxPrompts = 128;

    // OpenAI's limit for this endpoint.
    private const int MaxLogprobs = 5;

    // Every field of OpenAI's CreateCompletionRequest, and what becomes of it.
    private static readonly FrozenDictionary<string, FieldReader<CompletionRequest>> Fields =
        new Dictionary<string, FieldReader<CompletionRequest>>(GenerationFields.Create<CompletionRequest>(r => r.Settings), StringComparer.Ordinal)
        {
            ["prompt"] = ReadPrompts,
            ["echo"] = Boolean<CompletionRequest>((r, v) => r.Echo = v),
            ["best_of"] = Integer<CompletionRequest>(1, GenerationFields.MaxChoices, (r, v) => r._bestOf = (int)v),
            ["logprobs"] = Integer<CompletionRequest>(0, MaxLogprobs, (r, v) => r.Settings.TopLogprobs = (int)v),
            ["suffix"] = Refused<CompletionRequest>(),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly List<TextInput> _prompts = [];
    private int? _bestOf;

    private CompletionRequest()
    {
    }

    /// <summary>Texts to continue, each on its own; not empty.</summary>
    public IReadOnlyList<TextInput> Prompts => _prompts;

    /// <summary>Whether the answer begins with the prompt.</summary>
    public bool Echo { get; private set; }

    // OpenAI's default for this endpoint.
    public GenerationSettings Settings { get; } = new() { MaxTokens = 16 };

    /// <summary>Reads a request's body; null and an error when a field is wrong, missing or cannot be honoured.</summary>
    public static CompletionRequest? Read(JsonElement body, out ApiError? error)
    {
        var request = new CompletionRequest();
        error = RequestFields.Read(body, Fields, request) ?? request.Finish(body);
        return error is null ? request : null;
    }

    private ApiError? Finish(JsonElement body)
    {
        if (Prompts.Count == 0)
        {
            return Missing("prompt");
        }

        if (Echo && Settings.TopLogprobs is not null)
        {
            return ApiError.BadRequest(
                "Unsupported value: 'logprobs' cannot be asked for with 'echo': the log probabilities of a prompt are not computed.", "logprobs", "unsupported_value");
        }

        // As many as are answered can be drawn, but not more to choose from.
        if (_bestOf is { } bestOf && bestOf != Settings.Choices)
        {
            return ApiError.BadRequest("Unsupported value: 'best_of' can only be the same as 'n' with this model.", "best_of", "unsupported_value");
        }

        return Prompts.Count * Settings.Choices > GenerationFields.MaxChoices
            ? ApiError.BadRequest(
                $"Invalid 'n': {Settings.Choices} answers to each of {Prompts.Count} prompts are more than {GenerationFields.MaxChoices}.", "n", "above_max_value")
            : GenerationFields.CheckStreamOptions(body);
    }

    private static ApiError? ReadPrompts(JsonElement value, string name, CompletionRequest request) =>
        TextInput.ReadAll(value, name, MaxPrompts, request._prompts);
}
