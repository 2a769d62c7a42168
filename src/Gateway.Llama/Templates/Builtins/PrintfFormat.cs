using System.Globalization;
using System.Numerics;
using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>Python's <c>format % values</c>.</summary>
internal sealed class PrintfFormat
{
    // What it costs to print a number exactly, against a step of anything else.
    public const int NumberSteps = 16;

    private readonly RenderState _state;
    private readonly StringValue _format;
    private readonly Value _argument;
    private readonly TextBuilder _output;
    private int _position;
    private int _next;

    private PrintfFormat(RenderState state, StringValue format, Value argument) =>
        (_state, _format, _argument, _output) = (state, format, argument, new(state));

    public static StringValue Format(RenderState state, StringValue format, Value argument) =>
        new PrintfFormat(state, format, argument).Run();

    private StringValue Run()
    {
        var text = _format.Text;
        while (_position < text.Length)
        {
            var percent = text.IndexOf('%', _position);
            if (percent < 0)
            {
                _output.Append(_format, _position, text.Length - _position);
                break;
            }
            _output.Append(_format, _position, percent - _position);
            _position = percent + 1;
            Directive();
        }
        // One value that is a mapping may stay unused, whatever is left of a tuple may not.
        var isUsed = _argument switch
        {
            TupleValue tuple => _next == tuple.Items.Length,
            ListValue or DictValue or RangeValue or UndefinedValue => true,
            _ => _next == 1,
        };
        return isUsed
            ? _output.ToValue(_format.IsMarkup)
            : throw TemplateException.Evaluation("not all arguments converted during string formatting");
    }

    private void Directive()
    {
        _state.Step(NumberSteps);
        var mapped = MappedValue();
        var flagsStart = _position;
        while (_position < _format.Text.Length && "#0- +".Contains(_format.Text[_position], StringComparison.Ordinal))
        {
            _position++;
        }
        var flags = _format.Text[flagsStart.._position];
        var width = Number() ?? 0;
        if (width < 0)
        {
            flags += "-";
            width = -width;
        }
        int? precision = null;
        if (_position < _format.Text.Length && _format.Text[_position] == '.')
        {
            _position++;
            precision = Math.Max(Number() ?? 0, 0);
        }
        while (_position < _format.Text.Length && _format.Text[_position] is 'h' or 'l' or 'L')
        {
            _position++;
        }
        if (_position == _format.Text.Length)
        {
            throw TemplateException.Evaluation("incomplete format");
        }
        var type = _format.Text[_position++];
        if (type == '%')
        {
            _output.Append(_format, _position - 1, 1);
            return;
        }
        if (precision > NumberFormat.MaxPrecision && type is not ('s' or 'r' or 'a'))
        {
            throw TemplateException.Limit($"a precision beyond {NumberFormat.MaxPrecision}");
        }
        Convert(type, mapped ?? NextValue(), flags, width, precision);
    }

    private Value? MappedValue()
    {
        if (_position == _format.Text.Length || _format.Text[_position] != '(')
        {
            return null;
        }
        var depth = 1;
        var start = ++_position;
        for (; depth > 0; _position++)
        {
            if (_position == _format.Text.Length)
            {
                throw TemplateException.Evaluation("incomplete format key");
            }
            depth += _format.Text[_position] switch { '(' => 1, ')' => -1, _ => 0 };
        }
        if (_argument is not DictValue dict)
        {
            throw TemplateException.Evaluation("format requires a mapping");
        }
        var key = _format.Substring(_state, start, _position - 1 - start);
        return dict.Find(key) ?? throw TemplateException.Evaluation("a key of the format string is missing");
    }

    private int? Number()
    {
        if (_position < _format.Text.Length && _format.Text[_position] == '*')
        {
            _position++;
            return NextValue() is IntegerValue given && BigInteger.Abs(given.Number) < int.MaxValue / 2
                ? (int)given.Number
                : throw TemplateException.Evaluation("* wants int");
        }
        var start = _position;
        while (_position < _format.Text.Length && char.IsAsciiDigit(_format.Text[_position]))
        {
            _position++;
        }
        if (_position == start)
        {
            return null;
        }
        return int.TryParse(_format.Text.AsSpan(start, _position - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw TemplateException.Evaluation("width too big");
    }

    private Value NextValue()
    {
        var available = _argument is TupleValue tuple ? tuple.Items : [_argument];
        return _next < available.Length
            ? available[_next++]
            : throw TemplateException.Evaluation("not enough arguments for format string");
    }

    private void Convert(char type, Value value, string flags, int width, int? precision)
    {
        switch (type)
        {
            case 's' or 'r' or 'a':
                var text = new TextBuilder(_state);
                if (type == 's')
                {
                    value.WriteText(text);
                }
                else
                {
                    value.WriteRepr(text);
                }
                var converted = text.ToValue();
                if (_format.IsMarkup && !(type == 's' && value is StringValue { IsMarkup: true }))
                {
                    converted = Html.Escape(_state, converted).AsPlain();
                }
                if (precision is { } length)
                {
                    converted = converted.Substring(_state, 0, CodePoints.ToUnits(converted, length));
                }
                Pad(converted, flags, width);
                break;
            case 'c':
                Pad(Character(value), flags, width);
                break;
            case 'd' or 'i' or 'u':
                PadNumber("", NumberFormat.Radix(Integer(value, allowFloat: true), 10, upper: false), flags, width, precision);
                break;
            case 'x' or 'X':
                PadNumber(type == 'x' ? "0x" : "0X", NumberFormat.Radix(Integer(value), 16, upper: type == 'X'), flags, width, precision);
                break;
            case 'o':
                PadNumber("0o", NumberFormat.Radix(Integer(value), 8, upper: false), flags, width, precision);
                break;
            case 'e' or 'E' or 'f' or 'F' or 'g' or 'G':
                PadNumber("", Float(type, value, precision ?? 6, flags), flags, width, precision: null);
                break;
            default:
                throw TemplateException.Evaluation("unsupported format character");
        }
    }

    private static StringValue Character(Value value) => value switch
    {
        StringValue text when CodePoints.Count(text) == 1 => text,
        IntegerValue { Number: var code } when code >= 0 && code <= 0x10FFFF && System.Text.Rune.IsValid((int)code) =>
            new(char.ConvertFromUtf32((int)code)),
        _ => throw TemplateException.Evaluation("%c requires int or char"),
    };

    private static BigInteger Integer(Value value, bool allowFloat = false) => value switch
    {
        IntegerValue integer => integer.Number,
        FloatValue real when allowFloat && double.IsFinite(real.Number) => new BigInteger(real.Number),
        UndefinedValue undefined => throw undefined.Error(),
        _ => throw TemplateException.Evaluation($"a number is required by the format, not {value.TypeName}"),
    };

    private static string Float(char type, Value value, int precision, string flags)
    {
        if (!Arithmetic.TryFloat(value, out var number))
        {
            throw value is UndefinedValue undefined
                ? undefined.Error()
                : TemplateException.Evaluation($"must be real number, not {value.TypeName}");
        }
        var text = char.ToLowerInvariant(type) switch
        {
            'e' => NumberFormat.Scientific(number, precision),
            'f' => NumberFormat.Fixed(number, precision),
            _ => NumberFormat.General(number, precision, flags.Contains('#', StringComparison.Ordinal)),
        };
        return char.IsAsciiLetterUpper(type) ? text.ToUpperInvariant() : text;
    }

    private void PadNumber(string prefix, string digits, string flags, int width, int? precision)
    {
        var sign = "";
        if (digits[0] == '-')
        {
            sign = "-";
            digits = digits[1..];
        }
        else if (flags.AsSpan().IndexOfAny('+', ' ') >= 0)
        {
            sign = flags.Contains('+', StringComparison.Ordinal) ? "+" : " ";
        }
        if (precision is { } least)
        {
            digits = digits.PadLeft(Math.Min(least, NumberFormat.MaxPrecision), '0');
        }
        sign += flags.Contains('#', StringComparison.Ordinal) ? prefix : "";
        if (flags.Contains('0', StringComparison.Ordinal) && !flags.Contains('-', StringComparison.Ordinal))
        {
            _output.Append(sign).AppendRepeated(new StringValue("0"), width - sign.Length - digits.Length).Append(digits);
            return;
        }
        Pad(new StringValue(sign + digits), flags, width);
    }

    private void Pad(StringValue text, string flags, int width)
    {
        var padding = width - CodePoints.Count(text);
        var blank = new StringValue(" ");
        if (flags.Contains('-', StringComparison.Ordinal))
        {
            _output.Append(text).AppendRepeated(blank, padding);
            return;
        }
        _output.AppendRepeated(blank, padding).Append(text);
    }
}
