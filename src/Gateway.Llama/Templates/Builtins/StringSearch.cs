using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>Splitting, replacing and stripping, which keep what is known of the origin of each part.</summary>
internal static class StringSearch
{
    public static List<Value> Split(RenderState state, StringValue text, StringValue? separator, long limit, bool fromEnd)
    {
        limit = limit < 0 ? long.MaxValue : limit;
        if (separator is null)
        {
            return fromEnd ? SplitWordsFromEnd(state, text, limit) : SplitWords(state, text, limit);
        }
        if (separator.Text.Length == 0)
        {
            throw TemplateException.Evaluation("empty separator");
        }
        state.StepSearch(text.Text.Length, separator.Text.Length);
        return fromEnd ? SplitFromEnd(state, text, separator.Text, limit) : Split(state, text, separator.Text, limit);
    }

    public static StringValue Replace(RenderState state, StringValue text, StringValue old, StringValue replacement, long limit)
    {
        limit = limit < 0 ? long.MaxValue : limit;
        state.StepSearch(text.Text.Length, old.Text.Length);
        if (old.Text.Length == 0)
        {
            return ReplaceBetween(state, text, replacement, limit);
        }
        var at = limit == 0 ? -1 : text.Text.IndexOf(old.Text, StringComparison.Ordinal);
        if (at < 0)
        {
            return text;
        }
        var output = new TextBuilder(state);
        var position = 0;
        for (; at >= 0 && limit > 0; limit--)
        {
            output.Append(text, position, at - position).Append(replacement);
            position = at + old.Text.Length;
            at = text.Text.IndexOf(old.Text, position, StringComparison.Ordinal);
        }
        return output.Append(text, position, text.Text.Length - position).ToValue(text.IsMarkup);
    }

    // characters: what to strip; null: white space.
    public static StringValue Strip(RenderState state, StringValue text, StringValue? characters, bool start, bool end)
    {
        var from = 0;
        var to = text.Text.Length;
        while (start && from < to && IsStripped(text.Text, from, characters) is var width and > 0)
        {
            from += width;
        }
        while (end && to > from)
        {
            var last = to - from > 1 && CodePoints.WidthAt(text.Text, to - 2) == 2 ? to - 2 : to - 1;
            if (IsStripped(text.Text, last, characters) == 0)
            {
                break;
            }
            to = last;
        }
        state.Step(1 + (text.Text.Length - (to - from)) / 64);
        return text.Substring(state, from, to - from);
    }

    public static List<Value> SplitLines(RenderState state, StringValue text, bool keepEnds)
    {
        var lines = new List<Value>();
        var start = 0;
        while (start < text.Text.Length)
        {
            var end = start;
            while (end < text.Text.Length && !Characters.IsLineBreak(text.Text[end]))
            {
                end++;
            }
            var next = Math.Min(end + 1, text.Text.Length);
            if (next < text.Text.Length && text.Text[end] == '\r' && text.Text[next] == '\n')
            {
                next++;
            }
            Add(state, lines, text, start, (keepEnds ? next : end) - start);
            start = next;
        }
        return lines;
    }

    private static List<Value> Split(RenderState state, StringValue text, string separator, long limit)
    {
        var parts = new List<Value>();
        var position = 0;
        for (; limit > 0; limit--)
        {
            var at = text.Text.IndexOf(separator, position, StringComparison.Ordinal);
            if (at < 0)
            {
                break;
            }
            Add(state, parts, text, position, at - position);
            position = at + separator.Length;
        }
        Add(state, parts, text, position, text.Text.Length - position);
        return parts;
    }

    private static List<Value> SplitFromEnd(RenderState state, StringValue text, string separator, long limit)
    {
        var parts = new List<Value>();
        var end = text.Text.Length;
        for (; limit > 0; limit--)
        {
            var at = text.Text.AsSpan(0, end).LastIndexOf(separator, StringComparison.Ordinal);
            if (at < 0)
            {
                break;
            }
            Add(state, parts, text, at + separator.Length, end - at - separator.Length);
            end = at;
        }
        Add(state, parts, text, 0, end);
        parts.Reverse();
        return parts;
    }

    private static List<Value> SplitWords(RenderState state, StringValue text, long limit)
    {
        var parts = new List<Value>();
        var position = 0;
        while (true)
        {
            while (position < text.Text.Length && Characters.IsSpace(text.Text[position]))
            {
                position++;
            }
            if (position == text.Text.Length)
            {
                return parts;
            }
            var end = position;
            if (limit-- <= 0)
            {
                end = text.Text.Length;
                while (Characters.IsSpace(text.Text[end - 1]))
                {
                    end--;
                }
                Add(state, parts, text, position, end - position);
                return parts;
            }
            while (end < text.Text.Length && !Characters.IsSpace(text.Text[end]))
            {
                end++;
            }
            Add(state, parts, text, position, end - position);
            position = end;
        }
    }

    private static List<Value> SplitWordsFromEnd(RenderState state, StringValue text, long limit)
    {
        var parts = new List<Value>();
        var end = text.Text.Length;
        while (true)
        {
            while (end > 0 && Characters.IsSpace(text.Text[end - 1]))
            {
                end--;
            }
            if (end == 0)
            {
                break;
            }
            var start = end;
            if (limit-- <= 0)
            {
                start = 0;
                while (Characters.IsSpace(text.Text[start]))
                {
                    start++;
                }
                Add(state, parts, text, start, end - start);
                break;
            }
            while (start > 0 && !Characters.IsSpace(text.Text[start - 1]))
            {
                start--;
            }
            Add(state, parts, text, start, end - start);
            end = start;
        }
        parts.Reverse();
        return parts;
    }

    /// <summary>Replacing nothing puts the replacement before, between and after all characters.</summary>
    private static StringValue ReplaceBetween(RenderState state, StringValue text, StringValue replacement, long limit)
    {
        var output = new TextBuilder(state);
        var position = 0;
        for (; limit > 0; limit--)
        {
            output.Append(replacement);
            if (position == text.Text.Length)
            {
                break;
            }
            var width = CodePoints.WidthAt(text.Text, position);
            output.Append(text, position, width);
            position += width;
        }
        return output.Append(text, position, text.Text.Length - position).ToValue(text.IsMarkup);
    }

    /// <summary>Code units of the character to strip that stands here; 0 where it is to stay.</summary>
    private static int IsStripped(string text, int index, StringValue? characters)
    {
        if (characters is null)
        {
            return Characters.IsSpace(text[index]) ? 1 : 0;
        }
        var width = CodePoints.WidthAt(text, index);
        return characters.Text.AsSpan().IndexOf(text.AsSpan(index, width), StringComparison.Ordinal) >= 0 ? width : 0;
    }

    private static void Add(RenderState state, List<Value> parts, StringValue text, int start, int length)
    {
        state.AllocateItems(1);
        parts.Add(text.Substring(state, start, length));
    }
}
