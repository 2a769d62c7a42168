using System.Text.Json;
using static Gateway.Llama.Chat.ProbeTexts;

namespace Gateway.Llama.Chat;

/// <summary>
/// Finds out how a model writes calls: renders some with names and arguments that are known, and looks at what stands around them. What the
/// template writes for a call of the past is what its model was trained to write.
/// </summary>
internal static class ToolCallShapeFinder
{
    /// <summary>The model's shape; that of Hermes where the template shows none.</summary>
    public static ToolCallShape Find(TemplateSource source, TemplateTraits traits)
    {
        var shape = traits.ToolCalls ? FindRendered(source, traits) : null;
        if (shape is JsonCallShape { IsBare: true } bare && source.Text.Contains("<|python_tag|>", StringComparison.Ordinal))
        {
            return bare with { OptionalStarts = ["<|python_tag|>"] };
        }

        return shape ?? (source.Text.Contains(NamedCallShape.Kimi.SectionStart, StringComparison.Ordinal) ? NamedCallShape.Kimi : JsonCallShape.Hermes);
    }

    private static ToolCallShape? FindRendered(TemplateSource source, TemplateTraits traits)
    {
        ChatToolCall[] calls = traits.ManyCalls ? [Call, SecondCall] : [Call];
        var text = TemplateProbe.Render(source, traits, [Question, Says(null, calls)], withTools: true, addGenerationPrompt: false);
        var plain = TemplateProbe.Render(source, traits, [Question, Says(Content)], withTools: true, addGenerationPrompt: false);
        if (text is null || plain is null)
        {
            return null;
        }

        // What is left is the calls, without the header and the end of the message.
        var start = MarkText.CommonStart(text, plain);
        text = text[start..];
        text = text[..^MarkText.CommonEnd(text, plain[start..])];

        // The end of the turn is a token that ends the answer; it is not text.
        var turn = FindEndOfTurn(source, traits) is { } mark ? text.IndexOf(mark, Math.Max(0, text.LastIndexOf(Value, StringComparison.Ordinal)), StringComparison.Ordinal) : -1;
        text = turn >= 0 ? text[..turn] : text;
        return text.IndexOf(Tool, StringComparison.Ordinal) is >= 0 and var name ? Analyse(text, name) : null;
    }

    // The first tag behind an answer that a question follows.
    private static string? FindEndOfTurn(TemplateSource source, TemplateTraits traits)
    {
        var text = TemplateProbe.Render(source, traits, [Question, Says(Content), new ChatMessage("user", SecondUser)], withTools: true, addGenerationPrompt: false);
        var behind = text is null ? [] : text.AsSpan(text.IndexOf(Content, StringComparison.Ordinal) + Content.Length);
        var open = behind.IndexOfAny('<', '[');
        var close = open < 0 ? -1 : behind[open..].IndexOfAny('>', ']');
        return close < 0 ? null : new string(behind.Slice(open, close + 1));
    }

    private static ToolCallShape? Analyse(string text, int name)
    {
        // JSON that holds the name, from the first brace or bracket on that begins any.
        for (var at = text.IndexOfAny(['{', '['], 0, name); at >= 0; at = text.IndexOfAny(['{', '['], at + 1, name - at - 1))
        {
            if (ReadJson(text, at) is { } json && at + json.Length > name)
            {
                return AnalyseJson(text, at, json);
            }
        }

        var behindName = name + Tool.Length;
        var brace = text.IndexOf('{', behindName);
        return brace >= 0 && ReadJson(text, brace) is { } arguments && arguments.Contains(Key, StringComparison.Ordinal)
            ? AnalyseNamed(text, name, brace, arguments)
            : AnalyseTagged(text, name);
    }

    private static JsonCallShape? AnalyseJson(string text, int at, string json)
    {
        using var document = JsonDocument.Parse(json);
        var isArray = document.RootElement.ValueKind == JsonValueKind.Array;
        var call = isArray ? document.RootElement[0] : document.RootElement;
        if (ReadKeys(call, wrapper: null) is not { } shape)
        {
            return null;
        }

        var (start, end) = (text[..at], text[(at + json.Length)..]);
        var second = isArray ? -1 : end.IndexOf('{', StringComparison.Ordinal);
        if (second < 0 || ReadJson(end, second) is not { } secondJson)
        {
            return shape with { IsArray = isArray, SectionStart = isArray ? start : "", CallStart = isArray ? "" : start, CallEnd = isArray ? "" : end, SectionEnd = isArray ? end : "" };
        }

        return (JsonCallShape)MarkText.Split(shape, start, end[..second], end[(second + secondJson.Length)..]);
    }

    private static JsonCallShape? ReadKeys(JsonElement call, string? wrapper)
    {
        if (call.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        string? name = null, arguments = null, id = null;
        foreach (var property in call.EnumerateObject())
        {
            var value = property.Value.ToString();
            if (string.Equals(value, Tool, StringComparison.Ordinal))
            {
                name = property.Name;
            }
            else if (string.Equals(value, Id, StringComparison.Ordinal))
            {
                id = property.Name;
            }
            else if (value.Contains(Value, StringComparison.Ordinal))
            {
                if (value.Contains(Tool, StringComparison.Ordinal))
                {
                    return wrapper is null ? ReadKeys(property.Value, property.Name) : null;
                }

                arguments = property.Name;
            }
        }

        return name is null || arguments is null ? null : new JsonCallShape { NameKey = name, ArgumentsKey = arguments, IdKey = id, Wrapper = wrapper };
    }

    private static NamedCallShape AnalyseNamed(string text, int name, int brace, string arguments)
    {
        var start = text[..name];
        var nameEnd = text[(name + Tool.Length)..brace];
        var end = text[(brace + arguments.Length)..];
        var shape = new NamedCallShape { NameEnd = WithHoles(nameEnd, nameEnd) };
        var second = end.IndexOf(SecondTool, StringComparison.Ordinal);
        var secondBrace = second < 0 ? -1 : end.IndexOf('{', second);
        if (secondBrace < 0 || ReadJson(end, secondBrace) is not { } secondArguments)
        {
            return shape with { CallStart = WithHoles(start, start), CallEnd = end };
        }

        shape = shape with { NameEnd = WithHoles(nameEnd, end[(second + SecondTool.Length)..secondBrace]) };
        return (NamedCallShape)MarkText.Split(shape, WithHoles(start, start), WithHoles(end[..second], ""), end[(secondBrace + secondArguments.Length)..]);
    }

    private static ToolCallShape? AnalyseTagged(string text, int name)
    {
        var behindName = name + Tool.Length;
        if (Find(text, Key, behindName) is not { } key || Find(text, Value, key.End) is not { } value
            || Find(text, SecondKey, value.End) is not { } secondKey || Find(text, SecondValue, secondKey.End) is not { } secondValue)
        {
            return null;
        }

        var beforeKey = text[behindName..key.Start];
        var between = text[value.End..secondKey.Start];
        if (beforeKey is "(" or "{")
        {
            return AnalyseCode(text, name, text[key.End..value.Start], between, text[secondValue.End..]);
        }

        var argumentStart = MarkText.SharedEnd(beforeKey, between);
        if (argumentStart.Length == 0 || argumentStart.AsSpan().IndexOfAny('<', '[') < 0)
        {
            // No tags, but a notation of the model's own.
            return null;
        }

        var valueEnd = between[..^argumentStart.Length];
        var shape = new TaggedCallShape
        {
            NameEnd = beforeKey[..^argumentStart.Length],
            ArgumentStart = argumentStart,
            KeyEnd = text[key.End..value.Start],
            ValueEnd = valueEnd.Replace(Key, TaggedCallShape.Key, StringComparison.Ordinal),
        };
        var end = text[secondValue.End..];
        var secondEnd = shape.ValueEndOf(SecondKey);
        if (!end.StartsWith(secondEnd, StringComparison.Ordinal))
        {
            // The last line break of it may belong to what stands between two arguments.
            secondEnd = secondEnd.TrimEnd();
            if (secondEnd.Length == 0 || !end.StartsWith(secondEnd, StringComparison.Ordinal))
            {
                return null;
            }

            shape = shape with { ValueEnd = shape.ValueEnd.TrimEnd() };
        }

        end = end[secondEnd.Length..];
        var second = end.IndexOf(SecondTool, StringComparison.Ordinal);
        if (second < 0)
        {
            return shape with { CallStart = text[..name], CallEnd = end };
        }

        var last = end.LastIndexOf(secondEnd, StringComparison.Ordinal);
        return last < 0 ? null : (TaggedCallShape)MarkText.Split(shape, text[..name], end[..second], end[(last + secondEnd.Length)..]);
    }

    private static CodeCallShape? AnalyseCode(string text, int name, string beforeValue, string betweenArguments, string behindValue)
    {
        // What ends the one and begins the other stands around the string.
        var length = Math.Min(beforeValue.Length, betweenArguments.Length);
        while (!string.Equals(beforeValue[^length..], betweenArguments[..length], StringComparison.Ordinal))
        {
            length--;
        }

        var quote = beforeValue[^length..];
        var open = text[name + Tool.Length].ToString();
        var close = open is "(" ? ")" : "}";
        if (length == 0 || !behindValue.StartsWith(quote + close, StringComparison.Ordinal))
        {
            return null;
        }

        var shape = new CodeCallShape { Open = open, Close = close, Quote = quote, KeyEnd = beforeValue[..^length], ArgumentSeparator = betweenArguments[length..] };
        var end = behindValue[(length + 1)..];
        var second = end.IndexOf(SecondTool, StringComparison.Ordinal);
        return second < 0
            ? shape with { CallStart = text[..name], CallEnd = end }
            : (CodeCallShape)MarkText.Split(shape, text[..name], end[..second], end[(end.LastIndexOf(quote + close, StringComparison.Ordinal) + length + 1)..]);
    }

    // The same mark of two calls: where it holds the id or the number of the call, it is different in each.
    private static string WithHoles(string first, string second)
    {
        var mark = first.Replace(Id, Parsing.Mark.Id.ToString(), StringComparison.Ordinal).Replace(SecondId, Parsing.Mark.Id.ToString(), StringComparison.Ordinal);
        second = second.Replace(SecondId, Parsing.Mark.Id.ToString(), StringComparison.Ordinal);
        return mark.Length == second.Length && !string.Equals(mark, second, StringComparison.Ordinal)
            ? string.Concat(mark.Zip(second, (a, b) => a == b ? a : Parsing.Mark.Index))
            : mark;
    }

    private static (int Start, int End)? Find(string text, string word, int from) =>
        text.IndexOf(word, from, StringComparison.Ordinal) is >= 0 and var at ? (at, at + word.Length) : null;

    private static string? ReadJson(string text, int at)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text[at..]);
        var reader = new Utf8JsonReader(bytes, isFinalBlock: false, state: default);
        try
        {
            return JsonDocument.TryParseValue(ref reader, out var document) ? Read(document, bytes, reader.BytesConsumed) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Read(JsonDocument document, byte[] bytes, long length)
    {
        document.Dispose();
        return System.Text.Encoding.UTF8.GetString(bytes, 0, (int)length);
    }
}
