using System.Collections.Frozen;

namespace Gateway.Privacy.Detection;

/// <summary>Finds the address around an '@': RFC 5321's mailboxes without quotes, with letters of any script (RFC 6531).</summary>
internal static class EmailScanner
{
    private const int MostLocal = 64;
    private const int MostDomain = 253;

    private static readonly FrozenSet<string> FileEndings = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        ["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "json", "html",
          "htm", "xml", "yaml", "yml", "py", "cs", "exe", "dll", "pdf", "txt", "service", "socket", "timer", "target"]);

    /// <param name="text">The folded text.</param>
    /// <param name="at">Where the '@' stands.</param>
    /// <returns>The address's place; an empty one when there is none.</returns>
    public static (int Start, int End) Find(ReadOnlySpan<char> text, int at)
    {
        var start = Local(text, at);
        if (start < 0)
        {
            return default;
        }

        var end = Domain(text, at);
        return end < 0 || IsOther(text, start, end) ? default : (start, end);
    }

    private static int Local(ReadOnlySpan<char> text, int at)
    {
        var i = at;

        // One space or line break may stand before the '@'.
        if (i > 1 && text[i - 1] is ' ' or '\n' && IsLocal(text[i - 2]))
        {
            i--;
        }

        var last = i;
        while (i > 0 && last - i < MostLocal)
        {
            if (IsLocal(text[i - 1]))
            {
                i--;
            }
            else if (text[i - 1] == '\n' && i > 1 && text[i - 2] is '.' or '_' or '-' or '+' && i < last)
            {
                // A break behind a dot: nobody ends a line with half of a name and a dot.
                i--;
            }
            else
            {
                break;
            }
        }

        while (i < last && (text[i] is '.' or '\'' or '-' or '*' or '/' or '=' or '&' or '?' or '#' or '!' or '\n' || (text[i] == '_' && i + 1 == last)))
        {
            i++;
        }

        // In a URL's query, or behind a key, the value begins behind the last sign.
        var sign = text[i..last].LastIndexOfAny("=&?/#");
        i = sign < 0 ? i : i + sign + 1;
        return i < last && text[last - 1] != '.' ? i : -1;
    }

    private static int Domain(ReadOnlySpan<char> text, int at)
    {
        var i = at + 1;
        while (i < text.Length && i < at + 3 && text[i] is ' ' or '\n')
        {
            i++;
        }

        var (first, labelStart, dots) = (i, i, 0);
        var end = -1;
        while (i <= text.Length && i - first <= MostDomain)
        {
            var c = i < text.Length ? text[i] : '\0';
            if (IsHost(c))
            {
                i++;
                continue;
            }

            var label = text[labelStart..i];
            if (label.Length is 0 or > 63 || label[0] == '-')
            {
                break;
            }

            if (dots > 0 && IsTopLevel(label))
            {
                end = i;
            }

            if (c == '.' && i + 1 < text.Length && IsHost(text[i + 1]))
            {
                dots++;
                labelStart = ++i;
            }
            else if (c == '.' && dots == 0 && i + 2 < text.Length && text[i + 1] is '\n' or ' ' && IsHost(text[i + 2]))
            {
                // A break behind the first dot; behind a later one a new sentence may begin.
                dots++;
                labelStart = i += 2;
            }
            else if (c is '\n' && i + 1 < text.Length && end < 0 && (text[i + 1] == '.' ? dots == 0 : dots == 0 && EndsAsHost(text[(i + 1)..])))
            {
                // A break within the first label or before its dot.
                var next = i + 1;
                if (text[next] == '.')
                {
                    dots++;
                    labelStart = i = next + 1;
                }
                else
                {
                    labelStart = i = next;
                }
            }
            else
            {
                break;
            }
        }

        return end;
    }

    private static bool EndsAsHost(ReadOnlySpan<char> text)
    {
        var i = 0;
        while (i < text.Length && i < 63 && IsHost(text[i]))
        {
            i++;
        }

        return i + 2 < text.Length && text[i] == '.' && IsHost(text[i + 1]) && IsHost(text[i + 2]);
    }

    private static bool IsTopLevel(ReadOnlySpan<char> label)
    {
        if (label.StartsWith("xn--", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        foreach (var c in label)
        {
            if (char.IsAsciiDigit(c) || c == '-')
            {
                return false;
            }
        }

        return label.Length >= 2;
    }

    // Credentials in URLs, files with a scale in their names, and repositories by SSH look alike.
    private static bool IsOther(ReadOnlySpan<char> text, int start, int end)
    {
        var before = text[Math.Max(0, start - MostDomain)..start];
        if (before.EndsWith(":") && before.LastIndexOf("://") is >= 0 and var scheme && before[scheme..].IndexOfAny(" \n\"'") < 0)
        {
            return true;
        }

        if (end + 1 < text.Length && text[end] == ':' && char.IsAsciiLetter(text[end + 1]) && text[start..end].StartsWith("git@", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        var dot = text[start..end].LastIndexOf('.');
        return FileEndings.GetAlternateLookup<ReadOnlySpan<char>>().Contains(text[(start + dot + 1)..end]);
    }

    private static bool IsLocal(char c) => c < 0x80
        ? char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '+' or '%' or '\'' or '=' or '&' or '?' or '#' or '!' or '*' or '/' or '~' or '^' or '`' or '|'
        : CharClasses.Of(c) == CharClass.Letter;

    private static bool IsHost(char c) => char.IsAsciiLetterOrDigit(c) || c == '-' || (c >= 0x80 && CharClasses.Of(c) == CharClass.Letter);
}
