using System.Buffers;
using System.Globalization;
using System.Text;
using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>Filters that make text.</summary>
internal static class TextFilters
{
    private static readonly SearchValues<char> NotInAttributeNames = SearchValues.Create(" \t\n\r\f\v/>=");

    public static FilterTable All { get; } = Create();

    /// <summary>jinja2's <c>soft_str</c>: a string, or markup, is itself.</summary>
    private static StringValue Soft(RenderState state, Value value) => value as StringValue ?? value.ToText(state);

    private static FilterTable Create()
    {
        var filters = new FilterTable
        {
            { "string", "", (state, value, _) => Soft(state, value) },
            { "safe", "", (state, value, _) => Soft(state, value).AsMarkup() },
            { "escape", "", (state, value, _) => Html.Escape(state, Soft(state, value)) },
            { "e", "", (state, value, _) => Html.Escape(state, Soft(state, value)) },
            { "forceescape", "", (state, value, _) => Html.Escape(state, Soft(state, value).AsPlain()) },
            { "upper", "", (state, value, _) => Soft(state, value).Map(state, CaseMapping.Upper) },
            { "lower", "", (state, value, _) => Soft(state, value).Map(state, CaseMapping.Lower) },
            { "capitalize", "", (state, value, _) => StringMethods.Capitalize(state, Soft(state, value)) },
            { "title", "", (state, value, _) => Title(state, Soft(state, value)) },
            {
                "trim", "chars=", (state, value, a) =>
                    StringSearch.Strip(state, Soft(state, value), StringMethods.OptionalText(a[0]), start: true, end: true)
            },
            {
                "replace", "old, new, count=", (state, value, a) =>
                {
                    var count = a[2] is NoneValue ? -1 : StringMethods.Integer(a[2], -1);
                    return StringSearch.Replace(state, value.ToText(state), a[0]!.ToText(state), a[1]!.ToText(state), count);
                }
            },
            { "center", "width=", (state, value, a) => StringMethods.Center(state, Soft(state, value), StringMethods.Integer(a[0], 80)) },
            { "indent", "width=, first=, blank=", Indent },
            { "truncate", "length=, killwords=, end=, leeway=", Truncate },
            { "wordcount", "", (state, value, _) => IntValue.Of(CountWords(Soft(state, value).Text)) },
            { "format", (state, value, arguments) => Format(state, Soft(state, value), arguments) },
            { "urlencode", "", UrlEncode },
            {
                "striptags", "", (state, value, _) =>
                    Soft(state, value) is var text ? new StringValue(Html.StripTags(text.Text), text.Taint.Spread()) : StringValue.Empty
            },
            { "xmlattr", "autospace=", XmlAttributes },
            { "pprint", "", PrettyPrint },
        };
        filters.AddUnsupported("urlize", "wordwrap", "random");
        return filters;
    }

    /// <summary>The filter, not the method: words begin after blanks, hyphens and opening brackets.</summary>
    private static StringValue Title(RenderState state, StringValue value)
    {
        const string WordBeginnings = "-({[<";

        var result = new StringBuilder(value.Text.Length);
        var start = 0;
        for (var i = 0; i <= value.Text.Length; i++)
        {
            if (i < value.Text.Length && !WordBeginnings.Contains(value.Text[i], StringComparison.Ordinal)
                && !Characters.IsSpace(value.Text[i]))
            {
                continue;
            }
            if (i > start)
            {
                var first = CodePoints.WidthAt(value.Text, start);
                result.Append(CaseMapping.Upper(value.Text.Substring(start, first)));
                result.Append(CaseMapping.Lower(value.Text[(start + first)..i]));
            }
            if (i < value.Text.Length)
            {
                result.Append(value.Text[i]);
            }
            start = i + 1;
        }
        state.AllocateText(result.Length);
        return new(result.ToString(), result.Length == value.Text.Length ? value.Taint : value.Taint.Spread());
    }

    private static StringValue Indent(RenderState state, Value value, Value?[] a)
    {
        if (value is not StringValue text)
        {
            throw value is UndefinedValue undefined
                ? undefined.Error()
                : TemplateException.Evaluation($"unsupported operand type(s) for +=: '{value.TypeName}' and 'str'");
        }
        var width = a[0] is StringValue indention
            ? indention
            : new TextBuilder(state).AppendRepeated(new StringValue(" "), StringMethods.Integer(a[0], 4)).ToValue();
        var blank = a[2]?.IsTrue ?? false;
        var lines = StringSearch.SplitLines(state, StringValue.Concat(state, text, new StringValue("\n")), keepEnds: false);
        var output = new TextBuilder(state);
        if (a[1]?.IsTrue ?? false)
        {
            output.Append(width);
        }
        for (var i = 0; i < lines.Count; i++)
        {
            var line = (StringValue)lines[i];
            if (i > 0)
            {
                output.Append("\n");
                if (blank || line.Text.Length > 0)
                {
                    output.Append(width);
                }
            }
            output.Append(line);
        }
        return output.ToValue(text.IsMarkup);
    }

    private static Value Truncate(RenderState state, Value value, Value?[] a)
    {
        var length = StringMethods.Integer(a[0], 255);
        var end = a[2] is null ? new StringValue("...") : StringMethods.Text(a[2]!);
        var leeway = a[3] is null or NoneValue ? 5 : StringMethods.Integer(a[3], 5);
        var endLength = CodePoints.Count(end);
        if (length < endLength || leeway < 0)
        {
            throw TemplateException.Evaluation($"truncate: expected length >= {endLength} and leeway >= 0");
        }
        if (value.Length <= length + leeway)
        {
            return value;
        }
        if (value is not StringValue text)
        {
            throw TemplateException.Evaluation($"truncate wants a string, not {value.TypeName}");
        }
        var kept = text.Substring(state, 0, CodePoints.ToUnits(text, (int)length - endLength));
        if (a[1] is not { IsTrue: true } && kept.Text.LastIndexOf(' ') is >= 0 and var blank)
        {
            kept = kept.Substring(state, 0, blank);
        }
        return StringValue.Concat(state, kept, end);
    }

    private static int CountWords(string text)
    {
        var count = 0;
        var inWord = false;
        foreach (var rune in text.EnumerateRunes())
        {
            var isWord = Characters.IsWord(rune);
            count += isWord && !inWord ? 1 : 0;
            inWord = isWord;
        }
        return count;
    }

    private static StringValue Format(RenderState state, StringValue format, Arguments arguments)
    {
        if (arguments is { Positional.Length: > 0, Named.Length: > 0 })
        {
            throw TemplateException.Evaluation("can't handle positional and keyword arguments at the same time");
        }
        Value values = arguments.Named.Length > 0
            ? DictValue.Of([.. arguments.NamedItems])
            : new TupleValue(arguments.Positional);
        return PrintfFormat.Format(state, format, values);
    }

    private static StringValue UrlEncode(RenderState state, Value value, Value?[] a)
    {
        if (value is StringValue || value.TryIterate(state) is null)
        {
            return Quote(state, value, inQuery: false);
        }
        var pairs = value is DictValue dict
            ? dict.Items.Select(item => (item.Key, item.Value))
            : value.ToList(state).Select(pair => pair.ToList(state) is [var key, var item]
                ? (key, item)
                : throw TemplateException.Evaluation("urlencode wants pairs"));
        var output = new TextBuilder(state);
        foreach (var (key, item) in pairs)
        {
            if (output.Length > 0)
            {
                output.Append('&');
            }
            output.Append(Quote(state, key, inQuery: true)).Append('=').Append(Quote(state, item, inQuery: true));
        }
        return output.ToValue();
    }

    private static StringValue Quote(RenderState state, Value value, bool inQuery) => value.ToText(state).Map(state, text =>
    {
        var result = new StringBuilder(text.Length);
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            var character = (char)octet;
            if (char.IsAsciiLetterOrDigit(character) || character is '_' or '.' or '-' or '~' || (character == '/' && !inQuery))
            {
                result.Append(character);
            }
            else if (character == ' ' && inQuery)
            {
                result.Append('+');
            }
            else
            {
                result.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
            }
        }
        return result.ToString();
    });

    private static StringValue XmlAttributes(RenderState state, Value value, Value?[] a)
    {
        if (value is not DictValue dict)
        {
            throw TemplateException.Evaluation($"xmlattr wants a dict, not {value.TypeName}");
        }
        var output = new TextBuilder(state);
        foreach (var (key, item) in dict.Items)
        {
            if (item is NoneValue or UndefinedValue)
            {
                continue;
            }
            var name = StringMethods.Text(key);
            if (name.Text.AsSpan().ContainsAny(NotInAttributeNames))
            {
                throw TemplateException.Evaluation("invalid character in an attribute name");
            }
            if (output.Length > 0 || (a[0]?.IsTrue ?? true))
            {
                output.Append(' ');
            }
            output.Append(Html.Escape(state, name)).Append("=\"").Append(Html.Escape(state, Soft(state, item))).Append('"');
        }
        return output.ToValue();
    }

    /// <summary>What Python's <c>pprint</c> gives for a value that fits a line; longer ones are not worth the code here.</summary>
    private static StringValue PrettyPrint(RenderState state, Value value, Value?[] a)
    {
        const int LineLength = 80;

        var output = new TextBuilder(state);
        Sorted(value).WriteRepr(output);
        return output.Length <= LineLength ? output.ToValue() : throw TemplateException.Unsupported("pprint of more than a line");

        Value Sorted(Value node) => node switch
        {
            DictValue dict => DictValue.Of([.. dict.Items
                .OrderBy(item => (item.Key as StringValue)?.Text, StringComparer.Ordinal)
                .Select(item => KeyValuePair.Create(item.Key, Sorted(item.Value)))]),
            SequenceValue sequence => sequence.With(Array.ConvertAll(sequence.Items, Sorted)),
            _ => node,
        };
    }
}
