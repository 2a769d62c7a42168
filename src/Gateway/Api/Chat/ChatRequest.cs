using System.Collections.Frozen;
using System.Text.Json;
using static Gateway.Api.RequestFields;

namespace Gateway.Api.Chat;

/// <summary>A request to <c>/v1/chat/completions</c> for a local model.</summary>
internal sealed class ChatRequest
{
    // Every field of OpenAI's CreateChatCompletionRequest, and what becomes of it.
    private static readonly FrozenDictionary<string, FieldReader<ChatRequest>> Fields =
        new Dictionary<string, FieldReader<ChatRequest>>(GenerationFields.Create<ChatRequest>(r => r.Settings), StringComparer.Ordinal)
        {
            ["messages"] = ReadMessages,
            ["max_tokens"] = Integer<ChatRequest>(1, int.MaxValue, (r, v) => r._maxTokens = (int)v),
            ["max_completion_tokens"] = Integer<ChatRequest>(1, int.MaxValue, (r, v) => r.Settings.MaxTokens = (int)v),
            ["response_format"] = ReadResponseFormat,

            // Ask for what happens anyway.
            ["logprobs"] = Only<ChatRequest>("false"),
            ["store"] = Only<ChatRequest>("false"),
            ["modalities"] = ReadModalities,
            ["service_tier"] = Only<ChatRequest>("\"auto\"", "\"default\""),
            ["safety_identifier"] = Accepted<ChatRequest>(JsonValueKind.String),
            ["prompt_cache_key"] = Accepted<ChatRequest>(JsonValueKind.String),
            ["tools"] = Empty<ChatRequest>(JsonValueKind.Array),
            ["tool_choice"] = Only<ChatRequest>("\"none\"", "\"auto\""),
            ["parallel_tool_calls"] = Boolean<ChatRequest>((_, _) => { }),
            ["functions"] = Empty<ChatRequest>(JsonValueKind.Array),
            ["function_call"] = Only<ChatRequest>("\"none\"", "\"auto\""),
            ["metadata"] = Empty<ChatRequest>(JsonValueKind.Object),

            ["audio"] = Refused<ChatRequest>(),
            ["moderation"] = Refused<ChatRequest>(),
            ["prediction"] = Refused<ChatRequest>(),
            ["prompt_cache_options"] = Refused<ChatRequest>(),
            ["prompt_cache_retention"] = Refused<ChatRequest>(),
            ["reasoning_effort"] = Only<ChatRequest>("\"none\""),
            ["top_logprobs"] = Refused<ChatRequest>(),
            ["verbosity"] = Only<ChatRequest>("\"medium\""),
            ["web_search_options"] = Refused<ChatRequest>(),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private int? _maxTokens;

    private ChatRequest()
    {
    }

    /// <summary>The conversation; not empty.</summary>
    public IReadOnlyList<ChatMessage> Messages { get; private set; } = [];

    public GenerationSettings Settings { get; } = new();

    /// <summary>Reads a request's body; null and an error when a field is wrong, missing or cannot be honoured.</summary>
    public static ChatRequest? Read(JsonElement body, out ApiError? error)
    {
        var request = new ChatRequest();
        error = RequestFields.Read(body, Fields, request) ?? request.Finish(body);
        return error is null ? request : null;
    }

    private ApiError? Finish(JsonElement body)
    {
        if (Messages.Count == 0)
        {
            return Missing("messages");
        }

        if (_maxTokens is not null && Settings.MaxTokens is not null)
        {
            return ApiError.BadRequest(
                "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", "max_tokens", "invalid_parameter_combination");
        }

        Settings.MaxTokens ??= _maxTokens;
        return GenerationFields.CheckStreamOptions(body);
    }

    private static ApiError? ReadMessages(JsonElement value, string name, ChatRequest request)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return InvalidType(name, "array of messages", value);
        }

        if (value.GetArrayLength() == 0)
        {
            return ApiError.BadRequest("Invalid 'messages': expected at least one message, but got an empty array.", name, "empty_array");
        }

        var messages = new List<ChatMessage>(value.GetArrayLength());
        foreach (var item in value.EnumerateArray())
        {
            if (ChatMessage.Read(item, $"messages[{messages.Count}]", out var error) is not { } message)
            {
                return error;
            }

            messages.Add(message);
        }

        request.Messages = messages;
        return null;
    }

    private static ApiError? ReadResponseFormat(JsonElement value, string name, ChatRequest request)
    {
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("type", out var type))
        {
            return InvalidType(name, "object with a 'type'", value);
        }

        if (!IsText(type, "text"))
        {
            return ApiError.BadRequest("Unsupported value: 'response_format.type' can only be \"text\" with this model.", "response_format.type", "unsupported_value");
        }

        foreach (var property in value.EnumerateObject())
        {
            if (property.Name is not "type" && property.Value.ValueKind != JsonValueKind.Null)
            {
                return Unsupported($"{name}.{Shorten(property.Name)}");
            }
        }

        return null;
    }

    private static ApiError? ReadModalities(JsonElement value, string name, ChatRequest request)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return InvalidType(name, "array", value);
        }

        return value.GetArrayLength() == 1 && IsText(value[0], "text")
            ? null
            : ApiError.BadRequest("Unsupported value: 'modalities' can only be [\"text\"] with this model.", name, "unsupported_value");
    }
}
