using System.Globalization;
using System.Text;

namespace Gateway.Tests.Privacy.Corpus;

/// <summary>Writes a value so that people still read it and programs do not. What is written is still the value.</summary>
internal static class Disguises
{
    public static readonly string[] All = ["separators", "no_separators", "digits", "zero_width", "entities", "percent", "lookalike", "line_break", "json_escape", "fullwidth", "letters_for_digits", "spelled", "two_at_once"];

    // First digits of scripts: Arabic-Indic, extended, Devanagari, Bengali, Thai, Tamil, Myanmar, mathematical bold.
    private static readonly int[] Zeros = [0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xBE6, 0x1040, 0x1D7CE];
    private static readonly Dictionary<char, char> Twins = new()
    {
        ['A'] = 'А',
        ['B'] = 'В',
        ['C'] = 'С',
        ['E'] = 'Ε',
        ['H'] = 'Н',
        ['I'] = 'І',
        ['K'] = 'К',
        ['M'] = 'М',
        ['N'] = 'Ν',
        ['O'] = 'О',
        ['P'] = 'Р',
        ['T'] = 'Т',
        ['X'] = 'Х',
        ['Y'] = 'Υ',
        ['Z'] = 'Ζ',
        ['a'] = 'а',
        ['c'] = 'с',
        ['e'] = 'е',
        ['o'] = 'о',
        ['p'] = 'р',
        ['x'] = 'х',
        ['y'] = 'у',
        ['i'] = 'і',
        ['s'] = 'ѕ',
    };

    private static readonly char[] Invisible = ['\u200B', '\u200C', '\u200D', '\u2060', '\uFEFF', '\u00AD', '\u200E', '\u202C'];

    /// <summary>The value in a disguise; the value itself where that one does not fit it.</summary>
    public static string Apply(string disguise, string kind, string value, Random random)
    {
        var isNumber = kind is not ("email" or "ip_address" or "coordinates");
        switch (disguise)
        {
            case "separators" when isNumber:
                var signs = (string[])[" ", "-", ".", "/", "_", "\u00A0", "–", "·", "\u2009", " - "];
                var sign = signs[random.Next(signs.Length)];
                var bare = new string([.. value.Where(char.IsLetterOrDigit)]);
                if (kind is "phone")
                {
                    return value[0] == '+' ? "+" + Split(bare, sign, [2, 3, 4, 4, 4]) : Split(bare, sign, [3, 3, 4, 4]);
                }

                return value.Any(c => !char.IsLetterOrDigit(c))
                    ? string.Concat(value.Select(c => char.IsLetterOrDigit(c) ? c.ToString() : sign))
                    : Split(bare, sign, random.Next(2) == 0 ? [3, 3, 3, 3, 3, 3, 4, 4, 4, 4] : [4, 4, 4, 4, 4, 4, 4, 4, 4]);
            case "no_separators" when isNumber && kind is not ("phone" or "gh_card"):
                return new string([.. value.Where(char.IsLetterOrDigit)]);
            case "digits":
                var zero = Zeros[random.Next(Zeros.Length)];
                return string.Concat(value.Select(c => char.IsAsciiDigit(c) ? char.ConvertFromUtf32(zero + c - '0') : c.ToString()));
            case "fullwidth":
                return string.Concat(value.Select(c => c is > ' ' and < '\u007F' ? (char)(c + 0xFEE0) : c));
            case "zero_width":
                return string.Concat(value.Select((c, i) => i > 0 && !char.IsLowSurrogate(c) && random.Next(3) == 0 ? Invisible[random.Next(Invisible.Length)].ToString() + c : c.ToString()));
            case "entities":
                return string.Concat(value.Select(c => random.Next(2) == 0 ? c.ToString()
                    : random.Next(2) == 0 ? string.Create(CultureInfo.InvariantCulture, $"&#{(int)c};") : string.Create(CultureInfo.InvariantCulture, $"&#x{(int)c:x};")));
            case "percent":
                return string.Concat(value.Select(c => c < 0x80 && (!char.IsAsciiLetterOrDigit(c) || random.Next(3) == 0) ? $"%{(int)c:X2}" : Uri.EscapeDataString(c.ToString())));
            case "json_escape":
                return string.Concat(value.Select(c => random.Next(2) == 0 ? $"\\u{(int)c:x4}" : c.ToString()));
            case "lookalike" when kind is not ("ip_address" or "coordinates" or "phone"):
                return string.Concat(value.Select(c => Twins.TryGetValue(c, out var twin) && random.Next(3) > 0 ? twin : c));
            case "line_break" when kind is not ("email" or "ip_address" or "coordinates"):
                var at = value.IndexOfAny([' ', '-', '.', '/']) is > 0 and var separator && random.Next(2) == 0 ? separator + 1 : random.Next(3, value.Length - 2);
                return value[..at].TrimEnd(' ') + "\n" + value[at..];
            case "letters_for_digits" when isNumber && kind is not ("phone" or "iban"):
                return string.Concat(value.Select((c, i) => i > 0 && c == '0' ? 'O' : i > 0 && c == '1' && random.Next(2) == 0 ? 'l' : c));
            case "spelled" when isNumber && kind is not "phone" && value.All(c => !char.IsLetter(c)):
                return string.Join(' ', value.Where(char.IsAsciiDigit));
            case "two_at_once":
                return Apply("zero_width", kind, Apply(random.Next(2) == 0 ? "digits" : "separators", kind, value, random), random);
            default:
                return value;
        }
    }

    private static string Split(string value, string sign, int[] lengths)
    {
        var text = new StringBuilder();
        var at = 0;
        foreach (var length in lengths)
        {
            if (at >= value.Length)
            {
                break;
            }

            text.Append(at > 0 ? sign : "").Append(value, at, Math.Min(length, value.Length - at));
            at += length;
        }

        return text.ToString();
    }
}
