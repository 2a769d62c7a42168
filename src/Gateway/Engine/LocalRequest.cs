using Gateway.Api;
using Gateway.Exchanges;
using Gateway.Llama.Chat;
using Gateway.Llama.Grammars;

namespace Gateway.Engine;

/// <summary>A request as the engine takes it: prompts in tokens, and how its answer is read and written.</summary>
internal sealed record LocalRequest
{
    /// <summary>Token ids of each prompt.</summary>
    public required IReadOnlyList<IReadOnlyList<int>> Prompts { get; init; }

    /// <summary>How many of each prompt's first tokens are no tenant's secret (<see cref="SharedPrompts"/>).</summary>
    public required IReadOnlyList<int> PublicTokens { get; init; }

    /// <summary>Text that each prompt's answer begins with.</summary>
    public required IReadOnlyList<string> Echoes { get; init; }

    /// <summary>What was asked for.</summary>
    public required GenerationSettings Settings { get; init; }

    /// <summary>The shape of the answer.</summary>
    public required AnswerFormat Format { get; init; }

    /// <summary>What reads one answer.</summary>
    public Func<AnswerParser> CreateParser { get; init; } = () => new AnswerParser();

    /// <summary>Special tokens that reading an answer takes.</summary>
    public required IReadOnlySet<int> VisibleTokens { get; init; }

    /// <summary>What binds each answer; null where nothing does.</summary>
    public GrammarConstraint? Grammar { get; init; }

    /// <summary>Reads the request's body for this engine; null and an error when it cannot be answered.</summary>
    public static LocalRequest? Read(Exchange exchange, InProcessEngine engine, AnswerDefaults defaults, long createdAt, out ApiError? error)
    {
        using var document = RequestFields.Parse(exchange.Envelope.Body, out error);
        if (document is null)
        {
            return null;
        }

        var request = exchange.Endpoint == ApiEndpoint.ChatCompletions
            ? LocalChat.Read(document.RootElement, exchange, engine, defaults, createdAt, out error)
            : LocalCompletion.Read(document.RootElement, exchange, engine, defaults, createdAt, out error);
        error ??= request!.CheckLength(engine.Engine.Info.ContextLength) ?? request.CheckBias(engine.Engine.Info.VocabularySize);
        return error is null ? request : null;
    }

    // At least one token of answer must fit behind the prompt.
    private ApiError? CheckLength(int contextLength)
    {
        var longest = Prompts.Max(p => p.Count);
        return longest < contextLength
            ? null
            : ApiError.BadRequest(
                $"This model's maximum context length is {contextLength} tokens. However, your prompt resulted in {longest} tokens. Please reduce its length.",
                Format is Api.Chat.ChatFormat ? "messages" : "prompt",
                "context_length_exceeded");
    }

    private ApiError? CheckBias(int vocabularySize)
    {
        var beyond = Settings.Sampling.LogitBias?.Keys.Where(t => t >= vocabularySize).Select(t => (int?)t).FirstOrDefault();
        return beyond is null
            ? null
            : ApiError.BadRequest($"Invalid 'logit_bias': the model has token ids from 0 to {vocabularySize - 1}.", $"logit_bias.{beyond}", "invalid_value");
    }
}
