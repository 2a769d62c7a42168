using System.Text.Json;
using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>JSON in and out.</summary>
internal static class JsonFilters
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64 };

    public static FilterTable All { get; } = new()
    {
        { "tojson", "ensure_ascii=, indent=, separators=, sort_keys=", ToJson },
        { "from_json", "", FromJson },
        { "fromjson", "", FromJson },
    };

    private static StringValue ToJson(RenderState state, Value value, Value?[] a)
    {
        var output = new TextBuilder(state);
        var (asciiOnly, sortKeys) = (a[0] is { IsTrue: true }, a[3] is { IsTrue: true });
        var writer = new JsonWriter(output, asciiOnly, Indent(state, a[1]), Separators(state, a[2]), sortKeys);
        writer.Write(value);
        return output.ToValue();
    }

    private static StringValue? Indent(RenderState state, Value? indent) => indent switch
    {
        null or NoneValue => null,
        StringValue text => text,
        _ => new TextBuilder(state).AppendRepeated(new StringValue(" "), StringMethods.Integer(indent, 0)).ToValue(),
    };

    private static (StringValue Item, StringValue Key)? Separators(RenderState state, Value? separators)
    {
        if (separators is null or NoneValue)
        {
            return null;
        }
        return separators.ToList(state) is [StringValue item, StringValue key]
            ? (item, key)
            : throw TemplateException.Evaluation("separators must be two strings");
    }

    private static Value FromJson(RenderState state, Value value, Value?[] a)
    {
        if (value is not StringValue text)
        {
            throw value is UndefinedValue undefined
                ? undefined.Error()
                : TemplateException.Evaluation($"the JSON object must be str, not {value.TypeName}");
        }
        // A value for every character or two is the most that a text can hold.
        state.AllocateItems(text.Text.Length * 4L);
        try
        {
            using var document = JsonDocument.Parse(text.Text, Options);
            return JsonReader.Read(document.RootElement, text.Taint.Spread());
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            // Not its message: that tells of the text.
            throw TemplateException.Evaluation("the text is not valid JSON");
        }
    }
}
