using System.Collections.Frozen;
using System.Text.Json;
using Gateway.Llama.Chat;
using static Gateway.Api.RequestFields;

namespace Gateway.Api.Chat;

/// <summary>A request to <c>/v1/chat/completions</c> for a local model.</summary>
internal sealed class ChatRequest
{
    private const int MostVariables = 64;
    private const string ToolsInstead = "Use 'tools' and 'tool_choice'";

    // Every field of OpenAI's CreateChatCompletionRequest, and what becomes of it.
    private static readonly FrozenDictionary<string, FieldReader<ChatRequest>> Fields =
        new Dictionary<string, FieldReader<ChatRequest>>(GenerationFields.Create<ChatRequest>(r => r.Settings), StringComparer.Ordinal)
        {
            ["messages"] = ReadMessages,
            ["max_tokens"] = Integer<ChatRequest>(1, int.MaxValue, (r, v) => r._maxTokens = (int)v),
            ["max_completion_tokens"] = Integer<ChatRequest>(1, int.MaxValue, (r, v) => r.Settings.MaxTokens = (int)v),
            ["response_format"] = (value, name, request) =>
            {
                request.ResponseFormat = ResponseFormat.Read(value, name, out var error);
                return error;
            },
            ["logprobs"] = Boolean<ChatRequest>((r, v) => r._logprobs = v),
            ["top_logprobs"] = Integer<ChatRequest>(0, Llama.GenerationRequest.MostTopLogprobs, (r, v) => r._topLogprobs = (int)v),
            ["tools"] = (value, name, request) => ToolReader.ReadAll(value, name, request._tools),
            ["tool_choice"] = (value, name, request) =>
            {
                request._toolChoice = ToolChoice.Read(value, name, out var error);
                return error;
            },
            ["parallel_tool_calls"] = Boolean<ChatRequest>((r, v) => r.ParallelToolCalls = v),
            ["reasoning_effort"] = ReadReasoningEffort,

            // Not OpenAI's, but llama-server's and vLLM's.
            ["chat_template_kwargs"] = ReadTemplateVariables,

            // Ask for what happens anyway.
            ["store"] = Only<ChatRequest>("false"),
            ["modalities"] = ReadModalities,
            ["service_tier"] = Only<ChatRequest>("\"auto\"", "\"default\""),
            ["safety_identifier"] = Accepted<ChatRequest>(JsonValueKind.String),
            ["prompt_cache_key"] = Accepted<ChatRequest>(JsonValueKind.String),
            ["metadata"] = Empty<ChatRequest>(JsonValueKind.Object),
            ["verbosity"] = Only<ChatRequest>("\"medium\""),

            ["functions"] = Replaced<ChatRequest>(ToolsInstead, "[]"),
            ["function_call"] = Replaced<ChatRequest>(ToolsInstead, "\"none\"", "\"auto\""),
            ["audio"] = Refused<ChatRequest>(),
            ["moderation"] = Refused<ChatRequest>(),
            ["prediction"] = Refused<ChatRequest>(),
            ["prompt_cache_options"] = Refused<ChatRequest>(),
            ["prompt_cache_retention"] = Refused<ChatRequest>(),
            ["web_search_options"] = Refused<ChatRequest>(),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly List<ChatTool> _tools = [];
    private int? _maxTokens;
    private bool _logprobs;
    private int? _topLogprobs;
    private ToolChoice? _toolChoice;

    private ChatRequest()
    {
    }

    /// <summary>The conversation; not empty, and every call in it has its result.</summary>
    public IReadOnlyList<ChatMessage> Messages { get; private set; } = [];

    /// <summary>Functions that the model is told of.</summary>
    public IReadOnlyList<ChatTool> Tools => _tools;

    public ToolChoice ToolChoice => _toolChoice ?? ToolChoice.Auto;

    /// <summary>Whether several tools may be called at once.</summary>
    public bool ParallelToolCalls { get; private set; } = true;

    /// <summary>What JSON the answer is; null where it is text.</summary>
    public ResponseFormat? ResponseFormat { get; private set; }

    /// <summary>How much the model is to think; null where the request does not say.</summary>
    public string? ReasoningEffort { get; private set; }

    /// <summary>Variables for the model's template.</summary>
    public IReadOnlyDictionary<string, JsonElement> TemplateVariables { get; private set; } = FrozenDictionary<string, JsonElement>.Empty;

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

        if (_topLogprobs is not null && !_logprobs)
        {
            return ApiError.BadRequest("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", "top_logprobs", "invalid_parameter_combination");
        }

        Settings.MaxTokens ??= _maxTokens;
        Settings.TopLogprobs = _logprobs ? _topLogprobs ?? 0 : null;
        if (ConversationOrder.Check(Messages) is { } orderError)
        {
            return orderError;
        }

        Messages = ConversationOrder.NameResults(Messages);
        return _toolChoice?.Check(_tools) ?? GenerationFields.CheckStreamOptions(body);
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
            if (ChatMessageReader.Read(item, $"messages[{messages.Count}]", out var error) is not { } message)
            {
                return error;
            }

            messages.Add(message);
        }

        request.Messages = messages;
        return null;
    }

    private static ApiError? ReadReasoningEffort(JsonElement value, string name, ChatRequest request)
    {
        var error = Text(value, name, out var effort);
        request.ReasoningEffort = effort;
        return error ?? (effort is "none" or "minimal" or "low" or "medium" or "high" or "xhigh" or "max"
            ? null
            : ApiError.BadRequest(
                $"Invalid value for '{name}'. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh' and 'max'.", name, "invalid_value"));
    }

    private static ApiError? ReadTemplateVariables(JsonElement value, string name, ChatRequest request)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return InvalidType(name, "object", value);
        }

        if (value.GetPropertyCount() > MostVariables)
        {
            return ApiError.BadRequest($"Invalid '{name}': expected at most {MostVariables} variables, but got more.", name, "array_above_max_length");
        }

        var variables = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var variable in value.EnumerateObject())
        {
            var path = $"{name}.{Shorten(variable.Name)}";
            if (ChatTemplate.IsReserved(variable.Name))
            {
                return ApiError.BadRequest($"Invalid '{path}': the gateway sets this variable itself.", path, "invalid_value");
            }

            variables.Add(variable.Name, variable.Value);
        }

        request.TemplateVariables = variables;
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
