using System.Globalization;
using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>
/// The part behind the colon in <c>'{:>8.2f}'</c>: <c>[[fill]align][sign][#][0][width][grouping][.precision][type]</c>
/// (Python's format specification mini-language).
/// </summary>
internal readonly record struct FormatSpec(
    string Fill, char Align, char Sign, bool Alternate, int Width, char Grouping, int? Precision, char Type)
{
    public static FormatSpec Parse(string spec)
    {
        var i = 0;
        var fill = " ";
        var align = '\0';
        var fillWidth = spec.Length > 0 ? CodePoints.WidthAt(spec, 0) : 0;
        if (spec.Length > fillWidth && spec[fillWidth] is '<' or '>' or '^' or '=')
        {
            fill = spec[..fillWidth];
            align = spec[fillWidth];
            i = fillWidth + 1;
        }
        else if (spec.Length > 0 && spec[0] is '<' or '>' or '^' or '=')
        {
            align = spec[0];
            i = 1;
        }
        var sign = Take("+- ");
        var alternate = Take("#") != '\0';
        if (Take("0") != '\0' && align == '\0')
        {
            fill = "0";
            align = '=';
        }
        var width = Number() ?? 0;
        var grouping = Take(",_");
        int? precision = null;
        if (Take(".") != '\0')
        {
            precision = Number() ?? throw TemplateException.Evaluation("format specifier missing precision");
        }
        var type = i < spec.Length ? spec[i++] : '\0';
        if (i < spec.Length)
        {
            throw TemplateException.Evaluation("invalid format specifier");
        }
        return new(fill, align, sign, alternate, width, grouping, precision, type);

        char Take(string any) => i < spec.Length && any.Contains(spec[i], StringComparison.Ordinal) ? spec[i++] : '\0';

        int? Number()
        {
            var start = i;
            while (i < spec.Length && char.IsAsciiDigit(spec[i]))
            {
                i++;
            }
            if (i == start)
            {
                return null;
            }
            return int.TryParse(spec.AsSpan(start, i - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw TemplateException.Evaluation("too many decimal digits in format string");
        }
    }

    /// <summary>Python's <c>format(value, spec)</c>.</summary>
    public static StringValue Format(RenderState state, Value value, StringValue spec)
    {
        if (value is UndefinedValue && spec.Text.Length > 0)
        {
            throw TemplateException.Evaluation("unsupported format string passed to Undefined.__format__");
        }
        if (spec.Text.Length == 0)
        {
            return value.ToText(state);
        }
        if (value is not (StringValue or IntegerValue or FloatValue))
        {
            throw TemplateException.Evaluation($"unsupported format string passed to {value.TypeName}.__format__");
        }
        var parsed = Parse(spec.Text);
        return value is StringValue text
            ? parsed.FormatText(state, text)
            : parsed.FormatNumber(state, value);
    }

    private StringValue FormatText(RenderState state, StringValue text)
    {
        if (Type is not ('\0' or 's') || Sign != '\0' || Grouping != '\0' || Alternate || (Align == '=' && Fill is not "0"))
        {
            throw TemplateException.Evaluation("this format code does not go with an object of type 'str'");
        }
        if (Precision is { } precision)
        {
            text = text.Substring(state, 0, CodePoints.ToUnits(text, precision));
        }
        return Pad(state, text, Align is '\0' or '=' ? '<' : Align);
    }

    private StringValue FormatNumber(RenderState state, Value value)
    {
        var isFloat = value is FloatValue || Type is 'e' or 'E' or 'f' or 'F' or 'g' or 'G' or '%';
        var body = isFloat ? FloatBody(value) : IntegerBody((IntegerValue)value);
        var negative = body.StartsWith('-');
        if (negative)
        {
            body = body[1..];
        }
        if (Grouping != '\0')
        {
            body = Group(body);
        }
        var prefix = (negative ? "-" : Sign is '+' or ' ' ? Sign.ToString() : "") + (isFloat ? "" : RadixPrefix());
        if (Align == '=')
        {
            var padding = Width - prefix.Length - body.Length;
            return new TextBuilder(state).Append(prefix).AppendRepeated(new StringValue(Fill), padding).Append(body).ToValue();
        }
        return Pad(state, new StringValue(prefix + body), Align == '\0' ? '>' : Align);
    }

    private string RadixPrefix() => !Alternate ? "" : Type switch { 'x' => "0x", 'X' => "0X", 'o' => "0o", 'b' => "0b", _ => "" };

    private string IntegerBody(IntegerValue value)
    {
        if (Precision is not null)
        {
            throw TemplateException.Evaluation("precision not allowed in integer format specifier");
        }
        return Type switch
        {
            '\0' or 'd' or 'n' => NumberFormat.Radix(value.Number, 10, upper: false),
            'x' or 'X' => NumberFormat.Radix(value.Number, 16, upper: Type == 'X'),
            'o' => NumberFormat.Radix(value.Number, 8, upper: false),
            'b' => NumberFormat.Radix(value.Number, 2, upper: false),
            'c' when value.Number >= 0 && value.Number <= 0x10FFFF && System.Text.Rune.IsValid((int)value.Number) =>
                char.ConvertFromUtf32((int)value.Number),
            _ => throw TemplateException.Evaluation($"unknown format code for object of type '{value.TypeName}'"),
        };
    }

    private string FloatBody(Value value)
    {
        Arithmetic.TryFloat(value, out var number);
        var precision = Precision ?? 6;
        if (precision > NumberFormat.MaxPrecision)
        {
            throw TemplateException.Limit($"a precision beyond {NumberFormat.MaxPrecision}");
        }
        return Type switch
        {
            'f' or 'F' => NumberFormat.Fixed(number, precision),
            'e' => NumberFormat.Scientific(number, precision),
            'E' => NumberFormat.Scientific(number, precision).ToUpperInvariant(),
            'g' or 'n' => NumberFormat.General(number, precision, Alternate),
            'G' => NumberFormat.General(number, precision, Alternate).ToUpperInvariant(),
            '%' => NumberFormat.Fixed(number * 100, precision) + "%",
            '\0' when Precision is null => PythonFloat.Repr(number),
            '\0' => WithPoint(NumberFormat.General(number, precision, keepZeros: false)),
            _ => throw TemplateException.Evaluation($"unknown format code for object of type '{value.TypeName}'"),
        };
    }

    private static string WithPoint(string text) =>
        text.AsSpan().ContainsAny(".en") ? text : text + ".0";

    private string Group(string body)
    {
        var size = Type is 'x' or 'X' or 'o' or 'b' ? 4 : 3;
        var digits = 0;
        while (digits < body.Length && char.IsAsciiHexDigit(body[digits]) && (size == 4 || char.IsAsciiDigit(body[digits])))
        {
            digits++;
        }
        for (var i = digits - size; i > 0; i -= size)
        {
            body = body.Insert(i, Grouping.ToString());
        }
        return body;
    }

    private StringValue Pad(RenderState state, StringValue text, char align)
    {
        var padding = Width - CodePoints.Count(text);
        if (padding <= 0)
        {
            return text;
        }
        var left = align switch { '<' => 0, '^' => padding / 2, _ => padding };
        var fill = new StringValue(Fill);
        return new TextBuilder(state).AppendRepeated(fill, left).Append(text).AppendRepeated(fill, padding - left).ToValue(text.IsMarkup);
    }
}
