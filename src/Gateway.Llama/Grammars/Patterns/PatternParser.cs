using System.Globalization;
using System.Text;
using Gateway.Llama.Grammars.Automata;

namespace Gateway.Llama.Grammars.Patterns;

/// <summary>
/// Reads the regular expressions of JSON Schema: ECMA-262's with the flag u, without what is not regular (back references, looking around) and
/// without Unicode properties. A character is a code point.
/// </summary>
internal sealed class PatternParser
{
    private const int MostDepth = 100;
    private const int MostRepetitions = 10_000;

    private readonly Rune[] _text;
    private int _at;
    private int _depth;

    private PatternParser(string pattern) => _text = [.. pattern.EnumerateRunes()];

    private bool AtEnd => _at == _text.Length;

    private char Current => AtEnd ? '\0' : _text[_at].IsBmp ? (char)_text[_at].Value : '\uFFFF';

    /// <exception cref="PatternException">It is no pattern, or one that cannot be held.</exception>
    public static Regular Parse(string pattern)
    {
        var parser = new PatternParser(pattern);
        var expression = parser.Choice();
        return parser.AtEnd ? expression : throw parser.Error("a ')' without its '('");
    }

    private Regular Choice()
    {
        var options = new List<Regular> { Chain() };
        while (Take('|'))
        {
            options.Add(Chain());
        }

        return options.Count == 1 ? options[0] : Regular.Any(options);
    }

    private Regular Chain()
    {
        var parts = new List<Regular>();
        while (!AtEnd && Current is not ('|' or ')'))
        {
            parts.Add(Repeated());
        }

        return parts.Count == 1 ? parts[0] : Regular.All(parts);
    }

    private Regular Repeated()
    {
        var atom = Atom();
        if (Quantifier() is not { } bounds)
        {
            return atom;
        }

        if (atom is Regular.Border)
        {
            throw Error("a quantifier after an anchor");
        }

        // Whether it takes as little as it can makes no difference to what matches.
        Take('?');
        return Regular.Loop(atom, bounds.Least, bounds.Most);
    }

    private (int Least, int? Most)? Quantifier()
    {
        switch (Current)
        {
            case '*':
                _at++;
                return (0, null);
            case '+':
                _at++;
                return (1, null);
            case '?':
                _at++;
                return (0, 1);
            case '{' when !AtEnd:
                _at++;
                var least = Number();
                int? most = least;
                if (Take(','))
                {
                    most = Current == '}' ? null : Number();
                }

                return !Take('}') ? throw Error("a '{' that is no quantifier (write '\\{')")
                    : most < least ? throw Error("a quantifier out of order")
                    : (least, most);
            default:
                return null;
        }
    }

    private int Number()
    {
        var start = _at;
        var number = 0;
        while (char.IsAsciiDigit(Current))
        {
            number = Math.Min((number * 10) + (Current - '0'), MostRepetitions + 1);
            _at++;
        }

        return _at == start ? throw Error("a '{' that is no quantifier (write '\\{')")
            : number > MostRepetitions ? throw Error($"more than {MostRepetitions} repetitions")
            : number;
    }

    private Regular Atom()
    {
        var rune = _text[_at++];
        switch (rune.Value)
        {
            case '^':
                return Regular.Begin;
            case '$':
                return Regular.End;
            case '.':
                return Regular.Of(CharSet.Any.Except(CharSet.Of("\n\r\u2028\u2029")));
            case '(':
                return Group();
            case '[':
                return Regular.Of(Class());
            case '\\':
                return Regular.Of(Escape(inClass: false));
            case '*' or '+' or '?':
                throw Error("a quantifier with nothing before it");
            case '{' or '}' or ']':
                throw Error($"a '{rune}' by itself (write '\\{rune}')");
            default:
                return Regular.Of(CharSet.Of(rune.Value));
        }
    }

    private Regular Group()
    {
        if (++_depth > MostDepth)
        {
            throw Error($"groups more than {MostDepth} levels deep");
        }

        if (Take('?'))
        {
            if (Take('<') && Current is not ('=' or '!'))
            {
                while (!AtEnd && !Take('>'))
                {
                    _at++;
                }
            }
            else if (!Take(':'))
            {
                throw Error("looking ahead or behind, or a group's flags: what is not regular cannot be held");
            }
        }

        var inner = Choice();
        _depth--;
        return Take(')') ? inner : throw Error("a '(' without its ')'");
    }

    private CharSet Class()
    {
        var negated = Take('^');
        var ranges = new List<(int Low, int High)>();
        while (!Take(']'))
        {
            if (AtEnd)
            {
                throw Error("a '[' without its ']'");
            }

            var low = ClassAtom();
            if (Current == '-' && _at + 1 < _text.Length && _text[_at + 1].Value != ']')
            {
                _at++;
                var high = ClassAtom();
                if (Single(low) is not { } first || Single(high) is not { } last || first > last)
                {
                    throw Error("a range in [] that is none");
                }

                ranges.Add((first, last));
            }
            else
            {
                ranges.AddRange(low.Ranges);
            }
        }

        var set = CharSet.Create(ranges);
        return negated ? CharSet.Any.Except(set) : set;
    }

    private CharSet ClassAtom()
    {
        if (AtEnd)
        {
            throw Error("a '[' without its ']'");
        }

        var rune = _text[_at++];
        return rune.Value == '\\' ? Escape(inClass: true) : CharSet.Of(rune.Value);
    }

    private static int? Single(CharSet set) => set.Ranges is [var (low, high)] && low == high ? low : null;

    private CharSet Escape(bool inClass)
    {
        if (AtEnd)
        {
            throw Error("a '\\' at the end");
        }

        var rune = _text[_at++];
        switch (rune.Value)
        {
            case 'd':
                return CharSet.Digits;
            case 'D':
                return CharSet.Any.Except(CharSet.Digits);
            case 'w':
                return Words;
            case 'W':
                return CharSet.Any.Except(Words);
            case 's':
                return Spaces;
            case 'S':
                return CharSet.Any.Except(Spaces);
            case 't':
                return CharSet.Of('\t');
            case 'n':
                return CharSet.Of('\n');
            case 'v':
                return CharSet.Of('\v');
            case 'f':
                return CharSet.Of('\f');
            case 'r':
                return CharSet.Of('\r');
            case '0' when !char.IsAsciiDigit(Current):
                return CharSet.Of('\0');
            case 'b' when inClass:
                return CharSet.Of('\b');
            case 'c' when char.IsAsciiLetter(Current):
                return CharSet.Of(_text[_at++].Value % 32);
            case 'x':
                return CharSet.Of(Hex(2));
            case 'u':
                return CharSet.Of(UnicodeEscape());
            case 'b' or 'B':
                throw Error("word borders (\\b): they cannot be held");
            case 'p' or 'P':
                throw Error("Unicode properties (\\p): write the characters as ranges");
            case 'k' or (>= '1' and <= '9'):
                throw Error("back references: what is not regular cannot be held");
            default:
                return IsPunctuation(rune)
                    ? CharSet.Of(rune.Value)
                    : throw Error($"the escape '\\{rune}'");
        }
    }

    // Other than with the flag u, punctuation may be escaped without need; many patterns do so.
    private static bool IsPunctuation(Rune rune) => rune.IsAscii && !Rune.IsLetterOrDigit(rune) && !Rune.IsControl(rune);

    private int UnicodeEscape()
    {
        if (Take('{'))
        {
            var start = _at;
            while (!AtEnd && char.IsAsciiHexDigit(Current))
            {
                _at++;
            }

            var digits = string.Concat(_text[start.._at]);
            return Take('}') && int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) && Rune.IsValid(value)
                ? value
                : throw Error("a \\u{} that is no character");
        }

        var unit = Hex(4);
        if (char.IsHighSurrogate((char)unit) && Current == '\\' && _at + 1 < _text.Length && _text[_at + 1].Value == 'u')
        {
            _at += 2;
            var low = Hex(4);
            return char.IsLowSurrogate((char)low) ? char.ConvertToUtf32((char)unit, (char)low) : throw Error("half a surrogate pair");
        }

        return char.IsSurrogate((char)unit) ? throw Error("half a surrogate pair") : unit;
    }

    private int Hex(int count)
    {
        var end = _at + count;
        return end <= _text.Length
            && int.TryParse(string.Concat(_text[_at..end]), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? Advance(end, value)
            : throw Error("an escape without its hexadecimal digits");
    }

    private int Advance(int to, int value)
    {
        _at = to;
        return value;
    }

    private bool Take(char character)
    {
        if (AtEnd || _text[_at].Value != character)
        {
            return false;
        }

        _at++;
        return true;
    }

    private PatternException Error(string what) => new($"The pattern has {what} (at character {_at}).");

    private static CharSet Words { get; } = CharSet.Create([('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')]);

    // ECMA-262: WhiteSpace and LineTerminator.
    private static CharSet Spaces { get; } = CharSet.Create([
        (0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F),
        (0x3000, 0x3000), (0xFEFF, 0xFEFF)]);
}
