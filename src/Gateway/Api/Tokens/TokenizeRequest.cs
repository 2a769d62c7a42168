using System.Collections.Frozen;
using System.Text.Json;
using static Gateway.Api.RequestFields;

namespace Gateway.Api.Tokens;

/// <summary>
/// A request to <c>/tokenize</c> in one of two shapes: llama-server's, whose text is <c>content</c>, or vLLM's, whose text is <c>prompt</c> or
/// <c>messages</c>.
/// </summary>
internal sealed class TokenizeRequest
{
    private static readonly FrozenDictionary<string, FieldReader<TokenizeRequest>> Fields =
        new Dictionary<string, FieldReader<TokenizeRequest>>(StringComparer.Ordinal)
        {
            ["model"] = (value, name, request) => ReadText(value, name, text => request.Model = text),

            ["content"] = (value, name, request) => ReadText(value, name, text => request.Content = text),
            ["add_special"] = Boolean<TokenizeRequest>((r, v) => r.AddSpecial = v),
            ["parse_special"] = Boolean<TokenizeRequest>((r, v) => r.ParseSpecial = v),
            ["with_pieces"] = Boolean<TokenizeRequest>((r, v) => r.WithPieces = v),

            ["prompt"] = (value, name, request) => ReadText(value, name, text => request.Prompt = text),
            ["messages"] = OfChat,
            ["tools"] = OfChat,
            ["chat_template_kwargs"] = OfChat,
            ["add_special_tokens"] = Boolean<TokenizeRequest>((r, v) => r.AddSpecial = v),
            ["return_token_strs"] = Boolean<TokenizeRequest>((r, v) => r.WithTexts = v),
            ["add_generation_prompt"] = Only<TokenizeRequest>("true"),
            ["continue_final_message"] = Only<TokenizeRequest>("false"),
            ["chat_template"] = Refused<TokenizeRequest>(),
            ["mm_processor_kwargs"] = Refused<TokenizeRequest>(),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly Dictionary<string, JsonElement> _chat = new(StringComparer.Ordinal);

    private static readonly string[] Texts = ["content", "prompt", "messages"];

    private TokenizeRequest()
    {
    }

    /// <summary>The model; null where the tenant has one only.</summary>
    public string? Model { get; private set; }

    /// <summary>llama-server's text.</summary>
    public string? Content { get; private set; }

    /// <summary>vLLM's text.</summary>
    public string? Prompt { get; private set; }

    /// <summary>Fields of vLLM's conversation that are those of a chat request; empty when there is none.</summary>
    public IReadOnlyDictionary<string, JsonElement> Chat => _chat;

    /// <summary>Whether the tokens that the model wants at the beginning and end are added; null for the shape's default.</summary>
    public bool? AddSpecial { get; private set; }

    /// <summary>Whether the text of a special token becomes that token, as both servers do unless told not to.</summary>
    public bool ParseSpecial { get; private set; } = true;

    /// <summary>Whether each token comes with its text (llama-server).</summary>
    public bool WithPieces { get; private set; }

    /// <summary>Whether the tokens' entries in the vocabulary are listed (vLLM).</summary>
    public bool WithTexts { get; private set; }

    /// <summary>Reads a request's body; null and an error when a field is wrong, missing or cannot be honoured.</summary>
    public static TokenizeRequest? Read(JsonElement body, out ApiError? error)
    {
        var request = new TokenizeRequest();
        error = RequestFields.Read(body, Fields, request) ?? CheckShape(body);
        return error is null ? request : null;
    }

    private static ApiError? CheckShape(JsonElement body)
    {
        string[] given = [.. Texts.Where(name => IsGiven(body, name))];
        if (given.Length != 1)
        {
            return given.Length == 0
                ? ApiError.BadRequest("Missing required parameter: 'content', 'prompt' or 'messages'.", "content", "missing_required_parameter")
                : ApiError.BadRequest($"'{given[0]}' and '{given[1]}' cannot stand in one request.", given[1], "invalid_parameter_combination");
        }

        // What only the other shape has would be dropped in silence.
        string[] others = given[0] switch
        {
            "content" => ["add_special_tokens", "return_token_strs", "tools", "chat_template_kwargs"],
            "prompt" => ["add_special", "parse_special", "with_pieces", "tools", "chat_template_kwargs"],
            _ => ["add_special", "parse_special", "with_pieces"],
        };
        return Array.Find(others, name => IsGiven(body, name)) is { } foreign
            ? ApiError.BadRequest($"'{foreign}' does not go with '{given[0]}'.", foreign, "invalid_parameter_combination")
            : null;
    }

    // What is wrong with them is for the chat's own reader to say.
    private static ApiError? OfChat(JsonElement value, string name, TokenizeRequest request)
    {
        request._chat.Add(name, value);
        return null;
    }

    private static bool IsGiven(JsonElement body, string name) => body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    private static ApiError? ReadText(JsonElement value, string name, Action<string> set)
    {
        var error = Text(value, name, out var text);
        set(text);
        return error;
    }
}
