using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>jinja2's lookups: an attribute falls back to a key, a key to an attribute.</summary>
internal static class Subscripts
{
    /// <summary><c>obj.name</c>.</summary>
    public static Value GetAttribute(RenderState state, Value obj, string name, StringValue key) =>
        obj.GetAttribute(state, name) ?? obj.GetItem(state, key) ?? UndefinedValue.Attribute(obj, name);

    /// <summary><c>obj[key]</c>.</summary>
    public static Value GetItem(RenderState state, Value obj, Value key) =>
        obj.GetItem(state, key)
        ?? (key is StringValue name ? obj.GetAttribute(state, name.Text) : null)
        ?? UndefinedValue.Element(obj, key);

    /// <summary><c>obj[start:stop:step]</c>, which does not fall back to anything.</summary>
    public static Value Slice(RenderState state, Value obj, Value? start, Value? stop, Value? step)
    {
        switch (obj)
        {
            case StringValue text:
                return Slice(state, text, PythonSlice.Of(start, stop, step, CodePoints.Count(text)));
            case SequenceValue sequence:
                var slice = PythonSlice.Of(start, stop, step, sequence.Items.Length);
                state.AllocateItems(slice.Count);
                var items = new Value[slice.Count];
                for (var i = 0; i < items.Length; i++)
                {
                    items[i] = sequence.Items[slice.Start + i * slice.Step];
                }
                return sequence.With(items);
            case RangeValue range:
                var part = PythonSlice.Of(start, stop, step, range.Count);
                return range.Slice(part.Start, part.Count, part.Step);
            case UndefinedValue undefined:
                throw undefined.Error();
            case DictValue:
                throw TemplateException.Evaluation("unhashable type: 'slice'");
            default:
                throw TemplateException.Evaluation($"'{obj.TypeName}' object is not subscriptable");
        }
    }

    private static StringValue Slice(RenderState state, StringValue text, PythonSlice slice)
    {
        if (slice.Count == 0)
        {
            return text.Substring(state, 0, 0);
        }
        if (slice.Step == 1)
        {
            var start = CodePoints.ToUnits(text, slice.Start);
            var end = text.HasSurrogates ? CodePoints.ToUnits(text, slice.Start + slice.Count) : start + slice.Count;
            return text.Substring(state, start, end - start);
        }
        // Where each code point begins, for the rare slice that goes backwards or skips.
        var starts = new List<int>(text.Text.Length);
        for (var i = 0; i < text.Text.Length; i += CodePoints.WidthAt(text.Text, i))
        {
            starts.Add(i);
        }
        var output = new TextBuilder(state);
        for (var i = 0; i < slice.Count; i++)
        {
            var start = starts[slice.Start + i * slice.Step];
            output.Append(text, start, CodePoints.WidthAt(text.Text, start));
        }
        return output.ToValue(text.IsMarkup);
    }
}
