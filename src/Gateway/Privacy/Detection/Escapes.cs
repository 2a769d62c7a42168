using System.Buffers;
using System.Globalization;
using System.Text;

namespace Gateway.Privacy.Detection;

/// <summary>Characters that are written in more than one character of ASCII.</summary>
internal static class Escapes
{
    // HTML's names for what stands in identifiers and addresses, or shows nothing.
    private static readonly (string Name, char Character)[] Entities =
    [
        ("amp", '&'), ("commat", '@'), ("period", '.'), ("nbsp", ' '), ("ensp", ' '), ("emsp", ' '), ("thinsp", ' '), ("hyphen", '-'), ("dash", '-'), ("ndash", '-'),
        ("mdash", '-'), ("minus", '-'), ("sol", '/'), ("lowbar", '_'), ("UnderBar", '_'), ("plus", '+'), ("colon", ':'), ("comma", ','), ("lpar", '('), ("rpar", ')'), ("num", '#'),
        ("deg", '°'), ("quot", '"'), ("apos", '\''), ("prime", '\''), ("lt", '<'), ("gt", '>'), ("shy", FoldTable.Dropped), ("zwj", FoldTable.Dropped), ("zwnj", FoldTable.Dropped),
        ("NewLine", '\n'), ("Tab", '\t'), ("ZeroWidthSpace", FoldTable.Dropped), ("middot", '.'), ("bull", '.'),
    ];

    private static readonly string[] AtWords = ["at", "arroba", "arobase"];
    private static readonly string[] DotWords = ["dot", "punto", "ponto", "point", "titik"];
    private static readonly SearchValues<char> EntityNames = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <summary>What starts here and how many characters it takes; the character itself where nothing does.</summary>
    public static (char Character, int Width) Read(ReadOnlySpan<char> text, int at)
    {
        var rest = text[at..];
        var (character, width) = rest[0] switch
        {
            '&' => Entity(rest),
            '%' => Percent(rest),
            '\\' => Backslash(rest),
            '\0' => (FoldTable.Dropped, 1),
            _ => Bracketed(text, at),
        };
        return width == 0 ? (rest[0], 1) : (character, width);
    }

    private static (char Character, int Width) Entity(ReadOnlySpan<char> rest)
    {
        if (rest.Length < 3)
        {
            return default;
        }

        if (rest[1] == '#')
        {
            return Numeric(rest);
        }

        var length = rest[1..Math.Min(rest.Length, 16)].IndexOfAnyExcept(EntityNames);
        if (length <= 0 || rest[1 + length] != ';')
        {
            return default;
        }

        foreach (var (name, character) in Entities)
        {
            if (rest.Slice(1, length).SequenceEqual(name))
            {
                // &amp;#49; is an entity that was escaped once more.
                return character == '&' && rest.Length > 6 && rest[5] == '#' && Numeric(rest[4..]) is { Width: > 0 } inner
                    ? (inner.Character, inner.Width + 4)
                    : (character, length + 2);
            }
        }

        return default;
    }

    // rest[1] is '#'. The semicolon may be missing, as browsers have it.
    private static (char Character, int Width) Numeric(ReadOnlySpan<char> rest)
    {
        var hexadecimal = rest.Length > 2 && rest[2] is 'x' or 'X';
        var (at, value) = (hexadecimal ? 3 : 2, 0);
        var first = at;
        for (; at < rest.Length && at < first + 8 && (hexadecimal ? char.IsAsciiHexDigit(rest[at]) : char.IsAsciiDigit(rest[at])); at++)
        {
            value = hexadecimal ? (value * 16) + HexOf(rest[at]) : (value * 10) + rest[at] - '0';
        }

        if (at == first || !Rune.IsValid(value))
        {
            return default;
        }

        return (OfCodePoint(value), at < rest.Length && rest[at] == ';' ? at + 1 : at);
    }

    private static (char Character, int Width) Percent(ReadOnlySpan<char> rest)
    {
        Span<byte> bytes = stackalloc byte[4];
        var count = 0;
        while (count < 4 && rest.Length >= (count * 3) + 3 && rest[count * 3] == '%' && TryHex(rest.Slice((count * 3) + 1, 2), out var value))
        {
            bytes[count++] = (byte)value;
            if (count == 1 && value < 0x80)
            {
                break;
            }
        }

        return count > 0 && Rune.DecodeFromUtf8(bytes[..count], out var rune, out var used) == OperationStatus.Done
            ? (OfCodePoint(rune.Value), used * 3)
            : default;
    }

    private static (char Character, int Width) Backslash(ReadOnlySpan<char> rest)
    {
        if (rest.Length < 2)
        {
            return default;
        }

        // JSON in JSON: each level doubles the backslashes.
        var run = rest[..Math.Min(rest.Length, 16)].IndexOfAnyExcept('\\');
        if (run > 1)
        {
            var inner = Backslash(rest[(run - 1)..]);
            return inner.Width > 0 ? (inner.Character, inner.Width + run - 1) : ('\\', run);
        }

        switch (rest[1])
        {
            case 'n' or 'r':
                return ('\n', 2);
            case 't':
                return ('\t', 2);
            case '"' or '/':
                return (rest[1], 2);
            case 'x' when rest.Length >= 4 && TryHex(rest.Slice(2, 2), out var value):
                return (OfCodePoint(value), 4);
            case 'u' when rest.Length >= 6 && TryHex(rest.Slice(2, 4), out var value):
                if (char.IsHighSurrogate((char)value) && rest.Length >= 12 && rest[6] == '\\' && rest[7] == 'u'
                    && TryHex(rest.Slice(8, 4), out var low) && char.IsLowSurrogate((char)low))
                {
                    return (OfCodePoint(char.ConvertToUtf32((char)value, (char)low)), 12);
                }

                return value == '&' && EscapedEntity(rest[6..]) is { Width: > 0 } entity ? (entity.Character, entity.Width + 6) : (FoldTable.Of((char)value), 6);
            default:
                return default;
        }
    }

    // The rest of an entity whose first character is written as an escape, as careful encoders of JSON do it.
    private static (char Character, int Width) EscapedEntity(ReadOnlySpan<char> rest)
    {
        Span<char> entity = stackalloc char[24];
        entity[0] = '&';
        rest = rest[..Math.Min(rest.Length, entity.Length - 1)];
        rest.CopyTo(entity[1..]);
        var (character, width) = Entity(entity[..(rest.Length + 1)]);
        return (character, Math.Max(0, width - 1));
    }

    // name (at) host [dot] org, with the spaces around.
    private static (char Character, int Width) Bracketed(ReadOnlySpan<char> text, int at)
    {
        var end = text[at..Math.Min(text.Length, at + 12)].IndexOfAny(')', ']', '}');
        if (end < 0)
        {
            return default;
        }

        var word = text.Slice(at + 1, end - 1).Trim(' ');
        var character = IsAny(word, AtWords) || word is "@" ? '@' : IsAny(word, DotWords) || word is "." ? '.' : word is ":" ? ':' : FoldTable.Dropped;
        if (character == FoldTable.Dropped)
        {
            return default;
        }

        var width = end + 1;
        return (character, at + width < text.Length && text[at + width] == ' ' && character != ':' ? width + 1 : width);
    }

    private static bool IsAny(ReadOnlySpan<char> word, string[] words)
    {
        foreach (var one in words)
        {
            if (word.Equals(one, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static char OfCodePoint(int value) => value < 0x10000 ? FoldTable.Of((char)value) : FoldTable.OfSupplementary(value) is var c && c == '\uFFFD' ? '?' : c;

    private static int HexOf(char c) => char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;

    private static bool TryHex(ReadOnlySpan<char> text, out int value) => int.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
}
