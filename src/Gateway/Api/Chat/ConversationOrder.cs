using Gateway.Llama.Chat;

namespace Gateway.Api.Chat;

/// <summary>Calls and their results as OpenAI wants them: every call is answered once, right behind the message that makes it.</summary>
internal static class ConversationOrder
{
    public static ApiError? Check(IReadOnlyList<ChatMessage> messages)
    {
        var open = new Dictionary<string, string>(StringComparer.Ordinal);
        var answered = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < messages.Count; index++)
        {
            var message = messages[index];
            if (message.ToolCallId is { } id)
            {
                var path = $"messages[{index}].tool_call_id";
                if (open.Remove(id))
                {
                    answered.Add(id);
                    continue;
                }

                return answered.Contains(id)
                    ? ApiError.BadRequest($"Invalid parameter: '{path}' names a call that has its result already.", path, "invalid_value")
                    : ApiError.BadRequest(
                        $"Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls': '{path}' names no call of it.",
                        path,
                        "invalid_value");
            }

            if (FindUnanswered(open) is { } error)
            {
                return error;
            }

            answered.Clear();
            for (var call = 0; call < message.ToolCalls.Count; call++)
            {
                open.Add(message.ToolCalls[call].Id, $"messages[{index}].tool_calls[{call}].id");
            }
        }

        return FindUnanswered(open);
    }

    /// <summary>The conversation with each result under its tool's name.</summary>
    public static IReadOnlyList<ChatMessage> NameResults(IReadOnlyList<ChatMessage> messages)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var call in messages.SelectMany(m => m.ToolCalls))
        {
            names[call.Id] = call.Name;
        }

        return names.Count == 0 ? messages : [.. messages.Select(m => m is { ToolCallId: { } id, Name: null } ? m with { Name = names[id] } : m)];
    }

    private static ApiError? FindUnanswered(Dictionary<string, string> open) =>
        open.Count == 0
            ? null
            : ApiError.BadRequest(
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id': "
                + $"'{open.Values.First()}' has no response.",
                open.Values.First(),
                "invalid_value");
}
