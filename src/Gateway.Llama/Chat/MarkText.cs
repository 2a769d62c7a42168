namespace Gateway.Llama.Chat;

/// <summary>Cuts rendered texts between tags, never within one.</summary>
internal static class MarkText
{
    /// <summary>Length of what both texts begin with.</summary>
    public static int CommonStart(string a, string b)
    {
        var length = a.AsSpan().CommonPrefixLength(b);
        var open = length == 0 ? -1 : a.LastIndexOfAny(['<', '['], length - 1);
        return open >= 0 && a.IndexOfAny(['>', ']'], open, length - open) < 0 ? open : length;
    }

    /// <summary>Length of what both texts end with.</summary>
    public static int CommonEnd(string a, string b)
    {
        var length = 0;
        while (length < Math.Min(a.Length, b.Length) && a[^(length + 1)] == b[^(length + 1)])
        {
            length++;
        }

        return length - WithinTag(a.AsSpan(a.Length - length));
    }

    /// <summary>What both texts end with, from a tag on.</summary>
    public static string SharedEnd(string a, string b)
    {
        var end = a[^CommonEnd(a, b)..];
        return end.AsSpan().IndexOfAny('<', '[') is >= 0 and var tag ? end[tag..] : "";
    }

    /// <summary>Tells what belongs to a section, to a call, and between two.</summary>
    /// <param name="shape">Takes the result.</param>
    /// <param name="start">What stands before the first call.</param>
    /// <param name="between">What stands between two calls.</param>
    /// <param name="end">What stands behind the last call.</param>
    public static ToolCallShape Split(ToolCallShape shape, string start, string between, string end)
    {
        var shared = CommonEnd(start, between);
        var callStart = start[^shared..];
        var rest = between[..^shared];
        var callEnd = rest[..CommonStart(rest, end)];
        return shape with
        {
            SectionStart = start[..^shared],
            CallStart = callStart,
            CallEnd = callEnd,
            Separator = rest[callEnd.Length..],
            SectionEnd = end[callEnd.Length..],
        };
    }

    // Length of the end of a tag that a text begins with.
    private static int WithinTag(ReadOnlySpan<char> text)
    {
        var close = text.IndexOfAny('>', ']');
        var open = text.IndexOfAny('<', '[');
        return close >= 0 && (open < 0 || close < open) ? close + 1 : 0;
    }
}
