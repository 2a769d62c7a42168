using System.Buffers;
using System.Globalization;
using System.Numerics;
using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>Filters of numbers.</summary>
internal static class NumberFilters
{
    private static readonly SearchValues<char> FloatCharacters = SearchValues.Create("0123456789+-.eE");

    public static FilterTable All { get; } = new()
    {
        { "int", "default=, base=", ToInteger },
        { "float", "default=", (_, value, a) => ToFloat(value) ?? a[0] ?? new FloatValue(0) },
        { "abs", "", Absolute },
        { "round", "precision=, method=", Round },
        { "filesizeformat", "binary=", FileSize },
    };

    private static Value ToInteger(RenderState state, Value value, Value?[] a)
    {
        if (value is StringValue text)
        {
            var radix = (int)StringMethods.Integer(a[1], 10);
            if (radix is < 0 or 1 or > 36)
            {
                throw TemplateException.Evaluation("int() base must be >= 2 and <= 36, or 0");
            }
            if (ParseInteger(text.Text, radix) is { } number)
            {
                return IntValue.Of(number);
            }
        }
        switch (value)
        {
            case IntegerValue integer:
                return IntValue.Of(integer.Number);
            case FloatValue real when double.IsInfinity(real.Number):
                throw TemplateException.Evaluation("cannot convert float infinity to integer");
            default:
                return ToFloat(value) is { } converted && double.IsFinite(converted.Number)
                    ? IntValue.Of(new BigInteger(converted.Number))
                    : a[0] ?? IntValue.Of(0);
        }
    }

    /// <summary>Python's <c>float()</c>; null where that raises a TypeError or a ValueError.</summary>
    private static FloatValue? ToFloat(Value value)
    {
        switch (value)
        {
            case FloatValue real:
                return real;
            case UndefinedValue undefined:
                throw undefined.Error();
            case StringValue text:
                return ParseFloat(text.Text) is { } parsed ? new(parsed) : null;
            default:
                return Arithmetic.TryFloat(value, out var number) ? new(number) : null;
        }
    }

    private static double? ParseFloat(string text)
    {
        text = TrimSpace(text);
        var unsigned = text.TrimStart('+', '-').ToLowerInvariant();
        if (text.Length - unsigned.Length <= 1)
        {
            var sign = text.StartsWith('-') ? -1 : 1;
            switch (unsigned)
            {
                case "inf" or "infinity":
                    return sign * double.PositiveInfinity;
                case "nan":
                    return double.NaN;
            }
        }
        if (RemoveUnderscores(text) is not { } digits)
        {
            return null;
        }
        const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return digits.AsSpan().ContainsAnyExcept(FloatCharacters)
            ? null
            : double.TryParse(digits, Styles, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static BigInteger? ParseInteger(string text, int radix)
    {
        text = TrimSpace(text);
        var negative = text.StartsWith('-');
        if (negative || text.StartsWith('+'))
        {
            text = text[1..];
        }
        if (text.Length > 2 && text[0] == '0')
        {
            var prefix = char.ToLowerInvariant(text[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 };
            if (prefix != 0 && (radix == prefix || radix == 0))
            {
                radix = prefix;
                text = text[2] == '_' ? text[3..] : text[2..];
            }
        }
        if (radix == 0)
        {
            if (text.Length > 1 && text[0] == '0' && text.AsSpan().ContainsAnyExcept("0_"))
            {
                return null;
            }
            radix = 10;
        }
        if (RemoveUnderscores(text) is not { Length: > 0 and <= IntValue.MaxDigits } digits || !digits.All(IsDigit))
        {
            return null;
        }
        var number = Characters.ParseDigits(digits, radix);
        return negative ? -number : number;

        bool IsDigit(char digit) =>
            char.IsAsciiDigit(digit) ? digit - '0' < radix : char.IsAsciiLetter(digit) && (digit | 0x20) - 'a' + 10 < radix;
    }

    private static string TrimSpace(string text)
    {
        var start = 0;
        var end = text.Length;
        while (start < end && Characters.IsSpace(text[start]))
        {
            start++;
        }
        while (end > start && Characters.IsSpace(text[end - 1]))
        {
            end--;
        }
        return text[start..end];
    }

    /// <summary>The text without underscores; null where one does not stand between two digits.</summary>
    private static string? RemoveUnderscores(string text)
    {
        for (var i = text.IndexOf('_', StringComparison.Ordinal); i >= 0; i = text.IndexOf('_', i + 1))
        {
            if (i == 0 || i + 1 == text.Length || !char.IsAsciiLetterOrDigit(text[i - 1]) || !char.IsAsciiLetterOrDigit(text[i + 1]))
            {
                return null;
            }
        }
        return text.Replace("_", "", StringComparison.Ordinal);
    }

    private static Value Absolute(RenderState state, Value value, Value?[] a) => value switch
    {
        IntegerValue integer => IntValue.Of(BigInteger.Abs(integer.Number)),
        FloatValue real => new FloatValue(Math.Abs(real.Number)),
        UndefinedValue undefined => throw undefined.Error(),
        _ => throw TemplateException.Evaluation($"bad operand type for abs(): '{value.TypeName}'"),
    };

    private static Value Round(RenderState state, Value value, Value?[] a)
    {
        var precision = (int)StringMethods.Integer(a[0], 0);
        var method = a[1] is null ? "common" : StringMethods.Text(a[1]!).Text;
        if (method is not ("common" or "ceil" or "floor"))
        {
            throw TemplateException.Evaluation("method must be common, ceil or floor");
        }
        if (method is "common" && value is IntegerValue integer)
        {
            return IntValue.Of(NumberFormat.Round(integer.Number, precision));
        }
        if (!Arithmetic.TryFloat(value, out var number))
        {
            throw value is UndefinedValue undefined
                ? undefined.Error()
                : TemplateException.Evaluation($"type {value.TypeName} doesn't define __round__ method");
        }
        if (method is "common")
        {
            return new FloatValue(NumberFormat.Round(number, precision));
        }
        var scale = Math.Pow(10, precision);
        return new FloatValue((method is "ceil" ? Math.Ceiling(number * scale) : Math.Floor(number * scale)) / scale);
    }

    private static StringValue FileSize(RenderState state, Value value, Value?[] a)
    {
        var binary = a[0]?.IsTrue ?? false;
        var size = ToFloat(value)?.Number ?? throw TemplateException.Evaluation("filesizeformat wants a number");
        var unit = binary ? 1024.0 : 1000.0;
        if (size < unit)
        {
            var count = new BigInteger(size).ToString(CultureInfo.InvariantCulture);
            return new(size == 1 ? "1 Byte" : count + " Bytes");
        }
        string[] prefixes = binary
            ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
            : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
        var prefix = 0;
        while (prefix < prefixes.Length - 1 && size >= Math.Pow(unit, prefix + 2))
        {
            prefix++;
        }
        return new(NumberFormat.Fixed(unit * size / Math.Pow(unit, prefix + 2), 1) + " " + prefixes[prefix]);
    }
}
