namespace Gateway.Privacy.Detection;

/// <summary>Weighs two angles side by side: ISO 6709's decimal degrees, and degrees with minutes and seconds.</summary>
internal static class CoordinateFinder
{
    private const int MostFraction = 16;
    private const int MostBetween = 24;

    private static readonly string[] SecondNames = ["lon", "long", "lng", "longitude", "longitud", "longitudine", "bujur", "y", "e", "et", "dan", "na", "and", "longitudo", "देशांतर", "و", "طول", "خط"];

    public static void Find(ref Finder finder, int token)
    {
        var text = finder.Text;
        var (at, behind) = (finder.Tokens[token].Start, finder.Tokens[token].End);
        if (behind - at > 3 || behind + 4 >= text.Length || text[behind] is not ('.' or ',' or '°' or 'º' or ' ' or 'd') || (token > 0 && finder.Tokens[token - 1] is { Gap: Gap.Tight, HasDigits: true }))
        {
            return;
        }

        var start = Prefix(text, at);
        var i = at;
        if (!TryAngle(text, ref i, out var first) || !TryBetween(text, ref i))
        {
            return;
        }

        if (!TryAngle(text, ref i, out var second))
        {
            return;
        }

        // A letter before the number is its direction too: S 23.5, W 46.6.
        var directions = (first.Direction || start < at ? 1 : 0) + (second.Direction ? 1 : 0);
        if (first.Value > 90 && second.Value > 90 || first.Value > 180 || second.Value > 180)
        {
            return;
        }

        var decimals = Math.Min(first.Decimals, second.Decimals);
        var last = finder.TokenAt(i - 1);
        last = Math.Min(last, finder.Tokens.Length - 1);
        ref readonly var around = ref finder.Around(token, last);
        var label = around.PointsFor(PersonalDataKind.Coordinates);
        var points = (first.Degrees && second.Degrees ? 62 : decimals >= 4 ? 58 : decimals == 3 ? 42 : decimals >= 1 ? 10 : -60) + (directions == 2 ? 20 : 0) + label;
        if (label < 20 && directions < 2 && !first.Degrees && IsListed(text, start, i))
        {
            return;
        }

        if (points >= Rules.Score.Accepted)
        {
            finder.Add(PersonalDataKind.Coordinates, start, i, token, last, points + 40);
        }
    }

    // A sign, or the letter of a direction.
    private static int Prefix(ReadOnlySpan<char> text, int at)
    {
        var start = at > 0 && text[at - 1] is '-' or '+' ? at - 1 : at;
        return start > 1 && text[start - 1] == ' ' && IsDirection(text[start - 2]) && (start < 3 || !char.IsLetterOrDigit(text[start - 3])) ? start - 2
            : start > 0 && IsDirection(text[start - 1]) && (start < 2 || !char.IsLetterOrDigit(text[start - 2])) ? start - 1 : start;
    }

    private static bool TryAngle(ReadOnlySpan<char> text, ref int i, out (double Value, int Decimals, bool Degrees, bool Direction) angle)
    {
        angle = default;
        if (!TryNumber(text, ref i, 3, out var value, out var decimals))
        {
            return false;
        }

        var degrees = Mark(text, ref i, "°º") || Word(text, ref i, "deg");
        if (degrees)
        {
            var minutes = i;
            Space(text, ref minutes);
            if (TryNumber(text, ref minutes, 2, out var parts, out _) && Mark(text, ref minutes, "'"))
            {
                value += parts / 60;
                i = minutes;
                Space(text, ref minutes);
                if (TryNumber(text, ref minutes, 2, out parts, out _) && (Mark(text, ref minutes, "\"") || (Mark(text, ref minutes, "'") && Mark(text, ref minutes, "'"))))
                {
                    value += parts / 3600;
                    i = minutes;
                }
            }
        }

        var behind = i;
        Space(text, ref behind);
        var direction = behind < text.Length && IsDirection(text[behind]) && (behind + 1 == text.Length || !char.IsLetterOrDigit(text[behind + 1]));
        i = direction ? behind + 1 : i;
        angle = (value, decimals, degrees, direction);
        return true;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, ref int i, int mostDigits, out double value, out int decimals)
    {
        (value, decimals) = (0, 0);
        var end = i;
        while (end < text.Length && char.IsAsciiDigit(text[end]) && end - i < mostDigits)
        {
            end++;
        }

        if (end == i || (end < text.Length && char.IsAsciiDigit(text[end])))
        {
            return false;
        }

        var whole = CheckDigits.Number(text[i..end]);
        value = whole;

        // A comma is a decimal sign where four digits follow it; three make a thousand.
        if (end + 1 < text.Length && text[end] is '.' or ',' && char.IsAsciiDigit(text[end + 1]))
        {
            var fraction = end + 1;
            while (fraction < text.Length && char.IsAsciiDigit(text[fraction]) && fraction - end <= MostFraction)
            {
                fraction++;
            }

            if (text[end] == '.' || fraction - end > 4)
            {
                decimals = fraction - end - 1;

                // Near enough to tell 90 from more.
                value += CheckDigits.Number(text.Slice(end + 1, Math.Min(decimals, 4))) / Math.Pow(10, Math.Min(decimals, 4));
                end = fraction;
            }
        }

        i = end;
        return true;
    }

    // What stands between the two: signs, and perhaps the name of the second.
    private static bool TryBetween(ReadOnlySpan<char> text, ref int i)
    {
        var (from, words) = (i, 0);
        while (i < text.Length && i - from < MostBetween)
        {
            var c = text[i];
            if (char.IsAsciiDigit(c))
            {
                return i > from;
            }

            if (CharClasses.Of(c) == CharClass.Letter)
            {
                var end = i;
                while (end < text.Length && CharClasses.Of(text[end]) == CharClass.Letter)
                {
                    end++;
                }

                var word = text[i..end];
                if (!(word.Length == 1 && IsDirection(word[0])) && (!IsSecondName(word) || words++ > 1))
                {
                    return false;
                }

                i = end;
            }
            else if (c is ' ' or '\n' or ',' or ';' or '/' or ':' or '=' or '"' or '(' or ')' or '|' or '+' or '-' or '\t' or '\r' or '_' or '[' or ']')
            {
                i++;
            }
            else
            {
                return false;
            }
        }

        return false;
    }

    private static bool IsSecondName(ReadOnlySpan<char> word)
    {
        foreach (var name in SecondNames)
        {
            if (word.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    // Two of many decimal numbers, as in a vector, are no place.
    private static bool IsListed(ReadOnlySpan<char> text, int start, int end)
    {
        var before = text[Math.Max(0, start - 8)..start].TrimEnd(' ');
        var after = text[end..Math.Min(text.Length, end + 8)];
        return (before.Length > 1 && before[^1] is ',' && char.IsAsciiDigit(before[^2]))
            || (after.Length > 3 && after[0] == ',' && after.TrimStart(", -") is [>= '0' and <= '9', '.', ..] or [>= '0' and <= '9', >= '0' and <= '9', '.', ..]);
    }

    private static bool IsDirection(char c) => c is 'N' or 'S' or 'E' or 'W' or 'O' or 'L' or 'n' or 's' or 'e' or 'w';

    private static bool Mark(ReadOnlySpan<char> text, ref int i, string marks)
    {
        var at = i;
        Space(text, ref at);
        if (at < text.Length && marks.Contains(text[at]))
        {
            i = at + 1;
            return true;
        }

        return false;
    }

    private static bool Word(ReadOnlySpan<char> text, ref int i, string word)
    {
        var at = i;
        Space(text, ref at);
        if (text[at..].StartsWith(word, StringComparison.OrdinalIgnoreCase))
        {
            i = at + word.Length;
            return true;
        }

        return false;
    }

    private static void Space(ReadOnlySpan<char> text, ref int i)
    {
        if (i < text.Length && text[i] is ' ' or '\n')
        {
            i++;
        }
    }
}
