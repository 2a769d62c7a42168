using System.Globalization;

namespace Gateway.Llama.Chat;

/// <summary>Brings a conversation into the form that a template can take, without losing anything that was said.</summary>
internal static class ConversationFitter
{
    // Between messages that are put together, as a person would begin a new paragraph.
    private const string Break = "\n\n";

    public static IReadOnlyList<ChatMessage> Fit(IReadOnlyList<ChatMessage> messages, TemplateTraits traits, ToolCallShape shape)
    {
        messages = traits.ToolCalls ? FitCalls(messages, traits) : WriteCallsAsText(messages, shape);
        messages = traits.ManySystems ? messages : GatherSystems(messages, traits.System);
        messages = traits.UserFirst ? BeginWithUser(messages) : messages;
        messages = traits.Alternates ? TakeTurns(messages) : messages;
        return traits.EmptyAssistant
            ? messages
            : [.. messages.Select(m => m is { Role: "assistant", Content: "" or null, ToolCalls.Count: 0 } ? m with { Content = " " } : m)];
    }

    // For what the template says it cannot take otherwise.
    public static TemplateTraits Strictest(TemplateTraits traits) => traits with { ManySystems = false, Alternates = true, UserFirst = true };

    private static List<ChatMessage> FitCalls(IReadOnlyList<ChatMessage> messages, TemplateTraits traits)
    {
        var fitted = new List<ChatMessage>(messages.Count);
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < messages.Count; i++)
        {
            var message = messages[i];
            if (message.ToolCalls.Count == 0)
            {
                fitted.Add(message.ToolCallId is { } id && traits.ShortIds ? message with { ToolCallId = ids.GetValueOrDefault(id, id) } : message);
                continue;
            }

            // A template that wants turns would count the text as a turn of its own: it leaves such texts out, as its model was trained.
            if (!traits.TextBesideCalls && !traits.Alternates && !string.IsNullOrEmpty(message.Content))
            {
                fitted.Add(message with { ToolCalls = [] });
                message = message with { Content = null, Reasoning = null };
            }

            if (traits.ShortIds)
            {
                message = message with { ToolCalls = [.. message.ToolCalls.Select(c => c with { Id = ids[c.Id] = ShortId(ids.Count) })] };
            }

            if (traits.ManyCalls || message.ToolCalls.Count == 1)
            {
                fitted.Add(message);
                continue;
            }

            i += SplitCalls(message, messages, i + 1, ids, fitted);
        }

        return fitted;
    }

    /// <summary>One message for each call, its result behind it. Returns how many results were taken.</summary>
    private static int SplitCalls(ChatMessage message, IReadOnlyList<ChatMessage> messages, int next, Dictionary<string, string> ids, List<ChatMessage> fitted)
    {
        var results = messages.Skip(next).TakeWhile(m => m.Role == "tool").ToList();
        foreach (var call in message.ToolCalls)
        {
            var isFirst = call == message.ToolCalls[0];
            fitted.Add(message with { ToolCalls = [call], Content = isFirst ? message.Content : null, Reasoning = isFirst ? message.Reasoning : null });
            fitted.AddRange(results
                .Select(r => r with { ToolCallId = ids.GetValueOrDefault(r.ToolCallId!, r.ToolCallId!) })
                .Where(r => string.Equals(r.ToolCallId, call.Id, StringComparison.Ordinal)));
        }

        return results.Count;
    }

    private static string ShortId(int number) => "call" + number.ToString("D5", CultureInfo.InvariantCulture);

    private static List<ChatMessage> WriteCallsAsText(IReadOnlyList<ChatMessage> messages, ToolCallShape shape)
    {
        var fitted = new List<ChatMessage>(messages.Count);
        foreach (var message in messages)
        {
            if (message.ToolCalls.Count > 0)
            {
                var text = string.IsNullOrEmpty(message.Content) ? "" : message.Content + "\n";
                fitted.Add(message with { Content = text + shape.Write(message.ToolCalls), ToolCalls = [] });
            }
            else if (message.Role == "tool")
            {
                var text = ToolPrompt.WriteResult(message);
                if (fitted is [.., { Role: "user", Name: null } last] && ToolPrompt.IsResult(last))
                {
                    fitted[^1] = last with { Content = last.Content + "\n" + text };
                }
                else
                {
                    fitted.Add(new ChatMessage("user", text));
                }
            }
            else
            {
                fitted.Add(message);
            }
        }

        return fitted;
    }

    private static List<ChatMessage> GatherSystems(IReadOnlyList<ChatMessage> messages, bool hasSystem)
    {
        var text = string.Join(Break, messages.Where(m => m.Role == "system").Select(m => m.Content));
        var rest = messages.Where(m => m.Role != "system").ToList();
        if (rest.Count == messages.Count)
        {
            return rest;
        }

        if (hasSystem)
        {
            rest.Insert(0, new ChatMessage("system", text));
            return rest;
        }

        var user = rest.FindIndex(m => m.Role == "user");
        if (user < 0)
        {
            rest.Insert(0, new ChatMessage("user", text));
        }
        else
        {
            rest[user] = rest[user] with { Content = text + Break + rest[user].Content };
        }

        return rest;
    }

    // User, assistant, user ...; calls and their results do not count. A gap is filled with a message that says nothing.
    private static List<ChatMessage> TakeTurns(IReadOnlyList<ChatMessage> messages)
    {
        var fitted = new List<ChatMessage>(messages.Count);
        string? last = "assistant";
        foreach (var message in messages)
        {
            if (message.Role is not ("user" or "assistant") || message.ToolCalls.Count > 0)
            {
                fitted.Add(message);
                continue;
            }

            if (message.Role == last && fitted is [.., var before] && before.Role == last && before.ToolCalls.Count == 0)
            {
                fitted[^1] = before with { Content = before.Content + Break + message.Content };
                continue;
            }

            if (message.Role == last)
            {
                fitted.Add(last == "user" ? new ChatMessage("assistant", " ") : new ChatMessage("user", ""));
            }

            fitted.Add(message);
            last = message.Role;
        }

        return fitted;
    }

    // The first words of a conversation answer somebody too.
    private static IReadOnlyList<ChatMessage> BeginWithUser(IReadOnlyList<ChatMessage> messages)
    {
        var first = messages.TakeWhile(m => m.Role == "system").Count();
        return first < messages.Count && messages[first].Role == "user"
            ? messages
            : [.. messages.Take(first), new ChatMessage("user", ""), .. messages.Skip(first)];
    }
}
