using System.Collections.Frozen;
using System.Text.Json;
using Gateway.Api;
using Gateway.Api.Completions;
using Gateway.Exchanges;

namespace Gateway.Engine;

/// <summary>A request to <c>/v1/completions</c>, for a local model.</summary>
internal static class LocalCompletion
{
    /// <summary>Reads the body; null and an error when it cannot be answered.</summary>
    public static LocalRequest? Read(JsonElement body, Exchange exchange, InProcessEngine engine, AnswerDefaults defaults, long createdAt, out ApiError? error)
    {
        if (CompletionRequest.Read(body, out error) is not { } completion)
        {
            return null;
        }

        var prompts = new List<IReadOnlyList<int>>();
        var publicTokens = new List<int>();
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
            publicTokens.Add(prompt.Text is null ? 0 : SharedPrompts.CountTokens(engine.Engine, prompt.Text, [.. tokens], defaults.SharedPrompts));
            echoes.Add(!completion.Echo ? "" : prompt.Text ?? engine.Engine.Detokenize([.. tokens], special: true));
        }

        return new LocalRequest
        {
            Prompts = prompts,
            PublicTokens = publicTokens,
            Echoes = echoes,
            Settings = completion.Settings,
            Format = new CompletionFormat(exchange.Envelope.Model, createdAt, completion.Settings.IncludeUsage),
            VisibleTokens = FrozenSet<int>.Empty,
        };
    }
}
