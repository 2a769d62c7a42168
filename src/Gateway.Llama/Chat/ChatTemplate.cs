using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Gateway.Llama.Templates;

namespace Gateway.Llama.Chat;

/// <summary>
/// The chat template of a model, and what its conversations look like: it takes any conversation of OpenAI's API, brings it into the form
/// that this template can take, and knows how the model's answers are to be read. Immutable: threads may share one.
/// </summary>
public sealed class ChatTemplate
{
    // What llama-server takes for a model without a template.
    private const string ChatMl =
        """
        {% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
        """;

    private readonly TemplateSource _source;
    private readonly ConstraintCache _constraints = new();

    private ChatTemplate(TemplateSource source)
    {
        _source = source;
        Traits = TemplateProbe.Find(source);
        Shape = ToolCallShapeFinder.Find(source, Traits);
        Reasoning = ReasoningMarks.Find(source, Traits);
    }

    /// <summary>Whether the model thinks before it answers.</summary>
    public bool Thinks => Reasoning is not null;

    /// <summary>Texts around the model's thoughts. Where they are special tokens, the tokens' text is needed to read the answer.</summary>
    public IEnumerable<string> ThoughtMarks => Reasoning is null ? [] : [Reasoning.Open, Reasoning.Close];

    /// <summary>Texts that structure calls of tools; see <see cref="ThoughtMarks"/>.</summary>
    public IEnumerable<string> CallMarks => Shape.Marks.Where(m => !string.IsNullOrWhiteSpace(m)).Distinct(StringComparer.Ordinal);

    internal TemplateTraits Traits { get; }

    internal ToolCallShape Shape { get; }

    internal ReasoningMarks? Reasoning { get; }

    /// <summary>Reads a template and finds out what it can take.</summary>
    /// <param name="template">The template that the model's file carries; null takes ChatML.</param>
    /// <param name="bosText">Text of the token that begins a text.</param>
    /// <param name="eosText">Text of the token that ends a text.</param>
    /// <param name="time">Tells the template what day it is.</param>
    /// <param name="result">The template, if it is valid.</param>
    /// <param name="error">What is wrong with it, if it is not valid.</param>
    public static bool TryCreate(
        string? template, string bosText, string eosText, TimeProvider time, [NotNullWhen(true)] out ChatTemplate? result, [NotNullWhen(false)] out TemplateError? error)
    {
        var text = template ?? ChatMl;
        result = JinjaTemplate.TryParse(text, out var parsed, out error) ? new ChatTemplate(new TemplateSource(parsed, text, bosText, eosText, time)) : null;
        return result is not null;
    }

    /// <summary>Whether the template speaks of a variable.</summary>
    public bool Mentions(string variable) => _source.Mentions(variable);

    /// <summary>The value of a variable that asks the template for an effort of thinking; null where it takes none such.</summary>
    /// <param name="variable">The variable's name.</param>
    /// <param name="effort">OpenAI's word: <c>none</c> to <c>max</c>.</param>
    /// <remarks>Templates know some of these words, and fail where they do not know one: then the nearest is taken.</remarks>
    public string? FindEffort(string variable, string effort)
    {
        string[] words = effort switch
        {
            "none" => ["none", "no_think", "minimal"],
            "minimal" => ["minimal", "low", "no_think"],
            "low" => ["low", "minimal"],
            "medium" => ["medium", "high", "low"],
            "high" => ["high", "medium"],
            "xhigh" => ["xhigh", "max", "high"],
            _ => ["max", "xhigh", "high"],
        };
        return Mentions(variable) ? Array.Find(words, word => TakesWord(variable, word)) : null;
    }

    /// <summary>Whether a caller may set a variable of the template.</summary>
    public static bool IsReserved(string variable) => PromptVariables.Reserved.Contains(variable);

    /// <summary>Renders a conversation, up to where the assistant's answer begins.</summary>
    /// <param name="conversation">The conversation: every call has a result, in the order of the API.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="error">Why there is none.</param>
    public bool TryRender(Conversation conversation, [NotNullWhen(true)] out ChatPrompt? prompt, [NotNullWhen(false)] out TemplateError? error)
    {
        ArgumentNullException.ThrowIfNull(conversation);
        if (!TryRender(conversation, Traits, out var text, out error) && (error.Kind == TemplateErrorKind.Limit
            || !TryRender(conversation, ConversationFitter.Strictest(Traits), out text, out _)))
        {
            prompt = null;
            return false;
        }

        prompt = new ChatPrompt(text, Reasoning, Shape, _constraints);
        error = null;
        return true;
    }

    private bool TakesWord(string variable, string word)
    {
        var conversation = new Conversation([ProbeTexts.Question])
        {
            Variables = new Dictionary<string, JsonElement>(StringComparer.Ordinal) { [variable] = JsonSerializer.SerializeToElement(word) },
        };
        return TryRender(conversation, Traits, out _, out _);
    }

    private bool TryRender(
        Conversation conversation, TemplateTraits traits, [NotNullWhen(true)] out PromptText? prompt, [NotNullWhen(false)] out TemplateError? error)
    {
        var messages = conversation.Messages;
        if (conversation.Tools.Count > 0 && traits.ToolsVariable is null)
        {
            messages = ToolPrompt.Describe(conversation.Tools, messages, Shape);
        }

        conversation = conversation with { Messages = ConversationFitter.Fit(messages, traits, Shape) };
        using var variables = PromptVariables.Write(conversation, traits, _source, addGenerationPrompt: true);
        return _source.TryRender(variables.RootElement, out prompt, out error);
    }
}
