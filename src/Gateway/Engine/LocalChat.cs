using System.Text.Json;
using Gateway.Api;
using Gateway.Api.Chat;
using Gateway.Exchanges;
using Gateway.Llama.Chat;
using Gateway.Llama.Grammars;

namespace Gateway.Engine;

/// <summary>A request to <c>/v1/chat/completions</c>, for a local model.</summary>
internal static class LocalChat
{
    private const string EnableThinking = "enable_thinking";
    private const string ReasoningEffort = "reasoning_effort";

    /// <summary>Reads the body; null and an error when it cannot be answered.</summary>
    public static LocalRequest? Read(JsonElement body, Exchange exchange, InProcessEngine engine, AnswerDefaults defaults, long createdAt, out ApiError? error)
    {
        if (ChatRequest.Read(body, out error) is not { } chat || Render(chat, engine.Template, out error) is not { } prompt)
        {
            return null;
        }

        var callable = chat.ToolChoice.Of(chat.Tools);
        var isNamed = chat.ToolChoice.Mode == ToolMode.Named;
        var parallel = chat.ParallelToolCalls && !isNamed;
        var rules = new AnswerRules
        {
            Tools = callable,
            MustCall = isNamed || chat.ToolChoice.Mode == ToolMode.Required,
            Parallel = parallel,

            // Where a tool must be called there is no text that a schema could bind.
            Json = chat.ResponseFormat is not null && !isNamed && chat.ToolChoice.Mode != ToolMode.Required,
            Schema = chat.ResponseFormat?.Schema,
            SchemaPath = ResponseFormat.SchemaPath,
        };
        if (!prompt.TryConstrain(rules, out var grammar, out var schemaError))
        {
            error = ToError(schemaError);
            return null;
        }

        var tokens = engine.Engine.Tokenize(prompt.Text, addSpecial: true);
        return new LocalRequest
        {
            Prompts = [tokens],
            PublicTokens = [SharedPrompts.CountTokens(engine.Engine, prompt.Text, tokens, defaults.SharedPrompts)],
            Echoes = [""],
            Settings = chat.Settings,
            Format = new ChatFormat(exchange.Envelope.Model, createdAt, chat.Settings.IncludeUsage, isNamed),
            CreateParser = () => prompt.CreateParser(callable, parallel),
            VisibleTokens = callable.Count > 0 ? engine.CallTokens : engine.ThoughtTokens,
            Grammar = grammar,
        };
    }

    /// <summary>The prompt of a conversation; null and an error when the template cannot take it.</summary>
    public static ChatPrompt? Render(ChatRequest chat, ChatTemplate template, out ApiError? error)
    {
        if (Variables(chat, template, out error) is not { } variables)
        {
            return null;
        }

        // All tools are described where a call is possible, those too that the choice leaves out: that is what prompt caches want.
        var conversation = new Conversation(chat.Messages) { Tools = chat.ToolChoice.Of(chat.Tools).Count == 0 ? [] : chat.Tools, Variables = variables };
        if (template.TryRender(conversation, out var prompt, out var templateError))
        {
            return prompt;
        }

        error = ApiError.BadRequest(
            $"The chat template of this model does not take these messages: {templateError.Message}", "messages", "chat_template_error");
        return null;
    }

    private static Dictionary<string, JsonElement>? Variables(ChatRequest chat, ChatTemplate template, out ApiError? error)
    {
        error = null;
        var variables = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (chat.ReasoningEffort is { } effort)
        {
            var isNone = effort is "none";
            var word = template.FindEffort(ReasoningEffort, effort);
            var knowsSwitch = template.Mentions(EnableThinking);

            // A model that cannot think does what "none" asks for; one that always thinks what the others do.
            if (template.Thinks ? isNone && word is null && !knowsSwitch : !isNone)
            {
                error = ApiError.BadRequest(
                    $"Unsupported value: '{ReasoningEffort}' can{(template.Thinks ? " not" : " only")} be \"none\" with this model.", ReasoningEffort, "unsupported_value");
                return null;
            }

            if (word is not null)
            {
                variables[ReasoningEffort] = JsonSerializer.SerializeToElement(word);
            }

            if (knowsSwitch)
            {
                variables[EnableThinking] = JsonSerializer.SerializeToElement(!isNone);
            }
        }

        foreach (var (name, value) in chat.TemplateVariables)
        {
            variables[name] = value;
        }

        return variables;
    }

    private static ApiError ToError(SchemaError error) => ApiError.BadRequest(
        $"Invalid schema for '{error.Path}': {error.Message}",
        error.Path,
        error.Path.StartsWith("tools", StringComparison.Ordinal) ? "invalid_function_parameters" : "invalid_json_schema");
}
