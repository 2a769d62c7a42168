using static Gateway.Llama.Chat.ProbeTexts;

namespace Gateway.Llama.Chat;

/// <summary>
/// Finds out what a template can take, once, when its model is loaded: it renders small conversations and looks for their words in the text.
/// Templates say nothing about themselves, and fail or leave things out in silence where they are given what they did not expect.
/// </summary>
internal sealed class TemplateProbe
{
    private static readonly string[] ToolVariables = ["tools", "xml_tools", "functions"];

    private readonly TemplateSource _source;
    private TemplateTraits _traits;

    private TemplateProbe(TemplateSource source)
    {
        _source = source;
        _traits = new() { ManyCalls = true, ObjectArguments = true, TextBesideCalls = true };
    }

    public static TemplateTraits Find(TemplateSource source)
    {
        var probe = new TemplateProbe(source);
        probe.Find();
        return probe._traits;
    }

    /// <summary>What the template makes of messages under some traits; null when it fails.</summary>
    public static string? Render(
        TemplateSource source, TemplateTraits traits, IReadOnlyList<ChatMessage> messages, bool withTools, bool addGenerationPrompt)
    {
        var conversation = new Conversation(messages) { Tools = withTools ? Tools : [] };
        using var variables = PromptVariables.Write(conversation, traits, source, addGenerationPrompt);
        return source.Probe(variables.RootElement);
    }

    private void Find()
    {
        _traits = _traits with { TypedContent = !Shows(_traits, [Question], User) && Shows(_traits with { TypedContent = true }, [Question], User) };

        // Alone, so that templates that want their tools under another name do not fail for that.
        _traits = _traits with { ToolsVariable = Array.Find(ToolVariables, v => Shows(_traits with { ToolsVariable = v }, [Question], withTools: true, Tool, SecondTool)) };
        FindMessages();
        FindCalls();
    }

    private void FindMessages()
    {
        ChatMessage system = new("system", SystemText), rule = new("system", SecondSystem), followup = new("user", SecondUser);
        _traits = _traits with
        {
            System = Shows(_traits, [system, Question], SystemText, User),
            ManySystems = Shows(_traits, [system, rule, Question], SystemText, SecondSystem, User)
                && Shows(_traits, [system, Question, Says(Content), rule, followup], SystemText, SecondSystem, User, SecondUser),
            Alternates = !Shows(_traits, [Question, followup], User, SecondUser) || !Shows(_traits, [Says(Content), Question], Content, User),
            UserFirst = !Shows(_traits, [system], withTools: true, _traits.ToolsVariable is null ? [SystemText] : [SystemText, Tool]),
            EmptyAssistant = Shows(_traits, [Question, Says(""), followup], User, SecondUser),
        };
    }

    private void FindCalls()
    {
        var plain = Render(_traits, [Question], withTools: true) ?? "";
        foreach (var objects in (bool[])[true, false])
        {
            foreach (var none in Enum.GetValues<NoContent>())
            {
                var traits = _traits with { ObjectArguments = objects, NoContent = none };
                if (Render(traits, [Question, Says(null, Call), Answers(Call, Result)], withTools: true) is { } text
                    && ContainsAll(text, Tool, Key, Value, SecondKey, Result)
                    && !IsEncodedTwice(text) && Count(text, "None") == Count(plain, "None"))
                {
                    _traits = traits with { ToolCalls = true };
                    FindDetailsOfCalls();
                    return;
                }
            }
        }
    }

    private void FindDetailsOfCalls()
    {
        var longCall = Call with { Id = LongId };

        // One that is left out behind a call (Mistral Nemo) is put into the user's words instead.
        var hasSystem = _traits.System && Shows(_traits, [new ChatMessage("system", SystemText), Question, Says(null, Call), Answers(Call, Result)], withTools: true, SystemText);
        _traits = _traits with
        {
            System = hasSystem,
            ManySystems = _traits.ManySystems && hasSystem,
            ManyCalls = Shows(
                _traits, [Question, Says(null, Call, SecondCall), Answers(Call, Result), Answers(SecondCall, SecondResult)], withTools: true,
                Tool, Value, SecondTool, OtherValue, Result, SecondResult),
            TextBesideCalls = Shows(_traits, [Question, Says(Content, Call), Answers(Call, Result)], withTools: true, Content, Tool, Value, Result),
            UserFirst = _traits.UserFirst || !Shows(_traits, [Says(null, Call), Answers(Call, Result), Question], withTools: true, Tool, Value, Result, User),
            ShortIds = !Shows(_traits, [Question, Says(null, longCall), Answers(longCall, Result)], withTools: true, Tool, Value, Result),
        };
    }

    // JSON text that was written as a JSON string: the model would see backslashes that it never wrote.
    private static bool IsEncodedTwice(string text) => text.Contains($"\\\"{Key}\\\"", StringComparison.Ordinal);

    private bool Shows(TemplateTraits traits, IReadOnlyList<ChatMessage> messages, params string[] words) => Shows(traits, messages, withTools: false, words);

    // Descriptions name the tools too, so a call only counts where a word of its arguments shows.
    private bool Shows(TemplateTraits traits, IReadOnlyList<ChatMessage> messages, bool withTools, params string[] words) =>
        Render(traits, messages, withTools) is { } text && ContainsAll(text, words);

    private string? Render(TemplateTraits traits, IReadOnlyList<ChatMessage> messages, bool withTools) =>
        Render(_source, traits, messages, withTools, addGenerationPrompt: true);

    private static bool ContainsAll(string text, params IEnumerable<string> words) => words.All(w => text.Contains(w, StringComparison.Ordinal));

    private static int Count(string text, string word) => text.Split(word).Length;
}
