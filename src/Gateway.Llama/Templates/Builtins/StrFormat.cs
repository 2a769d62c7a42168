using System.Globalization;
using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>Python's <c>str.format</c>, whose lookups go through jinja2's sandbox.</summary>
internal sealed class StrFormat
{
    private readonly RenderState _state;
    private readonly StringValue _format;
    private readonly Arguments _arguments;
    private readonly DictValue? _mapping;
    private int _automatic;
    private bool _isManual;

    private StrFormat(RenderState state, StringValue format, Arguments arguments, DictValue? mapping) =>
        (_state, _format, _arguments, _mapping) = (state, format, arguments, mapping);

    public static StringValue Format(RenderState state, StringValue format, Arguments arguments) =>
        new StrFormat(state, format, arguments, mapping: null).Run(format, depth: 2);

    public static StringValue FormatMap(RenderState state, StringValue format, Value mapping) => mapping is DictValue dict
        ? new StrFormat(state, format, Arguments.None, dict).Run(format, depth: 2)
        : throw TemplateException.Evaluation($"'{mapping.TypeName}' object is not a mapping");

    private StringValue Run(StringValue format, int depth)
    {
        if (depth == 0)
        {
            throw TemplateException.Evaluation("max string recursion exceeded");
        }
        var output = new TextBuilder(_state);
        var text = format.Text;
        var position = 0;
        while (position < text.Length)
        {
            var brace = text.AsSpan(position).IndexOfAny('{', '}');
            if (brace < 0)
            {
                output.Append(format, position, text.Length - position);
                break;
            }
            brace += position;
            output.Append(format, position, brace - position);
            if (brace + 1 < text.Length && text[brace + 1] == text[brace])
            {
                output.Append(format, brace, 1);
                position = brace + 2;
                continue;
            }
            if (text[brace] == '}')
            {
                throw TemplateException.Evaluation("single '}' encountered in format string");
            }
            var end = FieldEnd(text, brace);
            output.Append(Field(format.Substring(_state, brace + 1, end - brace - 1), depth));
            position = end + 1;
        }
        return output.ToValue(format.IsMarkup);
    }

    private static int FieldEnd(string text, int start)
    {
        var depth = 0;
        for (var i = start; i < text.Length; i++)
        {
            depth += text[i] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0)
            {
                return i;
            }
        }
        throw TemplateException.Evaluation("expected '}' before end of string");
    }

    /// <summary><c>name!r:spec</c>.</summary>
    private StringValue Field(StringValue field, int depth)
    {
        _state.Step();
        var text = field.Text;
        var nameEnd = NameEnd(text);
        var conversion = '\0';
        var specStart = nameEnd;
        if (nameEnd < text.Length && text[nameEnd] == '!')
        {
            conversion = nameEnd + 1 < text.Length ? text[nameEnd + 1] : '\0';
            specStart = nameEnd + 2;
            if (conversion is not ('r' or 's' or 'a') || (specStart < text.Length && text[specStart] != ':'))
            {
                throw TemplateException.Evaluation("unknown conversion specifier in a format string");
            }
        }
        var value = Lookup(text[..nameEnd]);
        var converted = new TextBuilder(_state);
        switch (conversion)
        {
            case 's':
                value = value.ToText(_state);
                break;
            case 'r':
                value.WriteRepr(converted);
                value = converted.ToValue();
                break;
            case 'a':
                value.WriteRepr(converted);
                value = converted.ToValue();
                break;
        }
        var spec = specStart < text.Length
            ? Run(field.Substring(_state, specStart + 1, text.Length - specStart - 1), depth - 1)
            : StringValue.Empty;
        if (_format.IsMarkup && value is StringValue { IsMarkup: true } && spec.Text.Length == 0)
        {
            return (StringValue)value;
        }
        var formatted = FormatSpec.Format(_state, value, spec);
        return _format.IsMarkup ? Html.Escape(_state, formatted.AsPlain()) : formatted;
    }

    private static int NameEnd(string text)
    {
        var inBrackets = false;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '[':
                    inBrackets = true;
                    break;
                case ']':
                    inBrackets = false;
                    break;
                case '!' or ':' when !inBrackets:
                    return i;
            }
        }
        return text.Length;
    }

    /// <summary><c>0</c>, <c>name</c>, either with <c>.attribute</c> and <c>[key]</c> behind.</summary>
    private Value Lookup(string name)
    {
        var end = name.AsSpan().IndexOfAny('.', '[');
        end = end < 0 ? name.Length : end;
        var value = Argument(name[..end]);
        while (end < name.Length)
        {
            if (name[end] == '.')
            {
                var length = name.AsSpan(end + 1).IndexOfAny('.', '[');
                length = length < 0 ? name.Length - end - 1 : length;
                var attribute = name.Substring(end + 1, length);
                if (length == 0)
                {
                    throw TemplateException.Evaluation("empty attribute in format string");
                }
                value = Subscripts.GetAttribute(_state, value, attribute, new StringValue(attribute));
                end += length + 1;
                continue;
            }
            var close = name.IndexOf(']', end);
            if (close < 0 || close == end + 1)
            {
                throw TemplateException.Evaluation("missing ']' or empty attribute in format string");
            }
            var key = name.Substring(end + 1, close - end - 1);
            value = Subscripts.GetItem(_state, value, TryIndex(key) is { } index ? IntValue.Of(index) : new StringValue(key));
            end = close + 1;
            if (end < name.Length && name[end] is not ('.' or '['))
            {
                throw TemplateException.Evaluation("only '.' or '[' may follow ']' in format field specifier");
            }
        }
        return value;
    }

    private Value Argument(string name)
    {
        if (name.Length == 0 || TryIndex(name) is not null)
        {
            var isAutomatic = name.Length == 0;
            if (isAutomatic ? _isManual : _automatic > 0)
            {
                throw TemplateException.Evaluation("cannot switch between automatic and manual field numbering");
            }
            _isManual |= !isAutomatic;
            var index = isAutomatic ? _automatic++ : TryIndex(name)!.Value;
            return _mapping is null && index < _arguments.Positional.Length
                ? _arguments.Positional[index]
                : throw TemplateException.Evaluation("replacement index out of range for positional args tuple");
        }
        if (_mapping is not null)
        {
            return _mapping.Find(new StringValue(name)) ?? throw TemplateException.Evaluation("a key of the format string is missing");
        }
        foreach (var (key, value) in _arguments.Named)
        {
            if (string.Equals(key, name, StringComparison.Ordinal))
            {
                return value;
            }
        }
        throw TemplateException.Evaluation("an argument that the format string names is missing");
    }

    private static int? TryIndex(string text) =>
        text.Length > 0 && text.All(char.IsAsciiDigit) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? index
            : null;
}
