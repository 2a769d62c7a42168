using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Gateway.Privacy.Detection.Rules;

namespace Gateway.Privacy.Detection;

/// <summary>Puts the groups of one number together, token by token.</summary>
internal struct NumberReader
{
    public const int MostDigits = 19;

    // A length and a sign for each group.
    private const int SignatureLength = MostDigits * 2;

    private Digits _value;

    // Lengths of groups as characters ('0' + length) with the separators between.
    private Signs _signature;
    private int _signatureLength;

    public int Length { get; private set; }

    public int Groups { get; private set; }

    /// <summary>Whether letters were taken for digits that they look like.</summary>
    public bool IsGuess { get; private set; }

    /// <summary>Whether signs stand in it that rarely stand within a number.</summary>
    public bool HasRareSigns { get; private set; }

    /// <summary>Whether it goes over a line, or over such signs.</summary>
    public bool IsStretched { get; private set; }

    /// <summary>Whether spaces stand between some groups and signs between others.</summary>
    public bool IsUneven { get; private set; }

    public bool HasSpaces { get; private set; }

    private int _breaks;
    private char _firstSign;

    [UnscopedRef]
    public readonly ReadOnlySpan<char> Value => ((ReadOnlySpan<char>)_value)[..Length];

    /// <summary>Takes a token behind a gap. False when it cannot be part of a number, or makes it too long.</summary>
    public bool Take(ReadOnlySpan<char> text, in Token token, Gap gap, char sign)
    {
        if (Length + token.Length > MostDigits)
        {
            return false;
        }

        var start = Length;
        foreach (var c in text[token.Start..token.End])
        {
            var digit = token.Kind == TokenKind.Digits ? c : Digit(c);
            if (digit == '\0')
            {
                Length = start;
                return false;
            }

            _value[Length++] = digit;
        }

        IsGuess |= token.Kind != TokenKind.Digits;
        if (Groups > 0)
        {
            var shown = gap is Gap.Space ? ' ' : sign;
            shown = gap == Gap.Line && sign == '\0' ? '\n' : shown;
            _breaks += shown == '\n' ? 1 : 0;
            HasRareSigns |= shown is ',' or ':' or '|' or '=' or '+' or '#' or '\\' or '!';
            IsStretched |= gap is Gap.Line || HasRareSigns;
            HasSpaces |= shown == ' ';
            IsUneven |= shown != '\n' && _firstSign is not ('\0' or '\n') && (_firstSign == ' ') != (shown == ' ');
            _firstSign = _firstSign is '\0' or '\n' ? shown : _firstSign;
            _signature[_signatureLength++] = shown == '\0' ? '(' : shown;
        }

        _signature[_signatureLength++] = (char)('0' + token.Length);
        Groups++;
        return true;
    }

    /// <summary>How the number is written, in the eyes of a rule.</summary>
    public readonly Form FormFor(KindRule rule)
    {
        var form = FormFor(rule, ((ReadOnlySpan<char>)_signature)[.._signatureLength], Groups);
        if (_breaks == 0 || form != Form.Odd)
        {
            return form;
        }

        // The line was broken within a group.
        Span<char> joined = stackalloc char[SignatureLength];
        var (length, groups) = (0, 1);
        for (var i = 0; i < _signatureLength; i++)
        {
            if (_signature[i] == '\n')
            {
                joined[length - 1] += (char)(_signature[++i] - '0');
            }
            else
            {
                joined[length++] = _signature[i];
                groups += (i & 1) == 1 ? 1 : 0;
            }
        }

        return FormFor(rule, joined[..length], groups);
    }

    private static Form FormFor(KindRule rule, ReadOnlySpan<char> signature, int groups)
    {
        if (groups == 1)
        {
            return Form.Bare;
        }

        var form = Form.Odd;
        foreach (var format in rule.Formats)
        {
            if (signature.SequenceEqual(format))
            {
                return Form.Official;
            }

            form = HasLengths(signature, format) ? Form.Grouped : form;
        }

        return form;
    }

    /// <summary>Whether the groups are a date as people write it.</summary>
    public readonly bool IsDate()
    {
        if (Groups != 3 || _signatureLength != 5 || _signature[1] != _signature[3])
        {
            return false;
        }

        var (first, second, third) = (_signature[0] - '0', _signature[2] - '0', _signature[4] - '0');
        return (first == 4 && second <= 2 && third <= 2 && IsDayMonth(4, second, third)) || (first <= 2 && second <= 2 && third is 2 or 4 && IsDayMonth(0, first, second));
    }

    private readonly bool IsDayMonth(int at, int first, int second)
    {
        var (one, other) = (CheckDigits.Number(Value.Slice(at, first)), CheckDigits.Number(Value.Slice(at + first, second)));
        return (one is >= 1 and <= 31 && other is >= 1 and <= 12) || (one is >= 1 and <= 12 && other is >= 1 and <= 31);
    }

    private static bool HasLengths(ReadOnlySpan<char> signature, string format)
    {
        if (signature.Length != format.Length)
        {
            return false;
        }

        for (var i = 0; i < format.Length; i += 2)
        {
            if (signature[i] != format[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The digit that a letter passes for; '\0' where it passes for none.</summary>
    public static char Digit(char c) => c switch
    {
        >= '0' and <= '9' => c,
        'O' or 'o' or 'Q' or 'D' => '0',
        'I' or 'l' or 'i' or 'L' => '1',
        'Z' or 'z' => '2',
        'S' or 's' => '5',
        'G' or 'b' => '6',
        'B' => '8',
        'g' or 'q' => '9',
        _ => '\0',
    };

    [InlineArray(MostDigits)]
    private struct Digits
    {
        private char _first;
    }

    [InlineArray(SignatureLength)]
    private struct Signs
    {
        private char _first;
    }
}
