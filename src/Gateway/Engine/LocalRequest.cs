using System.Text.Json;
using Gateway.Api;
using Gateway.Api.Chat;
using Gateway.Api.Completions;
using Gateway.Exchanges;

namespace Gateway.Engine;

/// <summary>A request as the engine takes it: prompts in tokens, and how its answer is written.</summary>
/// <param name="Prompts">Token ids of each prompt.</param>
/// <param name="Echoes">Text that each prompt's answer begins with.</param>
/// <param name="Settings">What was asked for.</param>
/// <param name="Format">The shape of the answer.</param>
internal sealed record LocalRequest(
    IReadOnlyList<IReadOnlyList<int>> Prompts, IReadOnlyList<string> Echoes, GenerationSettings Settings, AnswerFormat Format)
{
    /// <summary>Reads the request's body for this engine; null and an error when it cannot be answered.</summary>
    public static LocalRequest? Read(Exchange exchange, LoadedEngine engine, long createdAt, out ApiError? error)
    {
        using var document = RequestFields.Parse(exchange.Envelope.Body, out error);
        if (document is null)
        {
            return null;
        }

        var request = exchange.Endpoint == ApiEndpoint.ChatCompletions
            ? ReadChat(document.RootElement, exchange, engine, createdAt, out error)
            : ReadCompletion(document.RootElement, exchange, engine, createdAt, out error);
        error ??= request!.CheckLength(engine.Engine.Info.ContextLength);
        return error is null ? request : null;
    }

    private static LocalRequest? ReadChat(JsonElement body, Exchange exchange, LoadedEngine engine, long createdAt, out ApiError? error)
    {
        if (ChatRequest.Read(body, out error) is not { } chat)
        {
            return null;
        }

        if (engine.Template.Render(chat.Messages, out error) is not { } prompt)
        {
            return null;
        }

        var tokens = engine.Engine.Tokenize(prompt, addSpecial: true);
        return new([tokens], [""], chat.Settings, new ChatFormat(exchange.Envelope.Model, createdAt, chat.Settings.IncludeUsage));
    }

    private static LocalRequest? ReadCompletion(JsonElement body, Exchange exchange, LoadedEngine engine, long createdAt, out ApiError? error)
    {
        if (CompletionRequest.Read(body, out error) is not { } completion)
        {
            return null;
        }

        var prompts = new List<IReadOnlyList<int>>();
        var echoes = new List<string>();
        foreach (var prompt in completion.Prompts)
        {
            // Here the prompt is all that the model sees, special tokens included: it is the caller's to write, as with llama-server and vLLM.
            var tokens = prompt.Tokens ?? engine.Engine.Tokenize(prompt.Text!, addSpecial: true, parseSpecial: true);
            error = TokenCheck.Ids(tokens, prompt.Path, engine.Engine.Info);
            if (error is not null)
            {
                return null;
            }

            if (tokens.Count == 0)
            {
                error = ApiError.BadRequest($"Invalid '{prompt.Path}': it is empty.", prompt.Path, "invalid_value");
                return null;
            }

            prompts.Add(tokens);
            echoes.Add(!completion.Echo ? "" : prompt.Text ?? engine.Engine.Detokenize([.. tokens], special: true));
        }

        return new(prompts, echoes, completion.Settings, new CompletionFormat(exchange.Envelope.Model, createdAt, completion.Settings.IncludeUsage));
    }

    // At least one token of answer must fit behind the prompt.
    private ApiError? CheckLength(int contextLength)
    {
        var longest = Prompts.Max(p => p.Count);
        return longest < contextLength
            ? null
            : ApiError.BadRequest(
                $"This model's maximum context length is {contextLength} tokens. However, your prompt resulted in {longest} tokens. Please reduce its length.",
                Format is ChatFormat ? "messages" : "prompt",
                "context_length_exceeded");
    }
}
