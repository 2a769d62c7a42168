using System.Globalization;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>Writes JSON as Python's <c>json.dumps</c> does.</summary>
// indent: null: all on one line.
// separators: null: Python's own, ", " and ": ", the first without its blank where lines are broken.
internal sealed class JsonWriter(
    TextBuilder output, bool asciiOnly, StringValue? indent, (StringValue Item, StringValue Key)? separators, bool sortKeys)
{
    private readonly StringValue _itemSeparator = separators?.Item ?? new StringValue(indent is null ? ", " : ",");
    private readonly StringValue _keySeparator = separators?.Key ?? new StringValue(": ");
    private int _depth;

    public void Write(Value value)
    {
        switch (value)
        {
            case NoneValue:
                output.Append("null");
                break;
            case BoolValue boolean:
                output.Append(boolean.IsTrue ? "true" : "false");
                break;
            case IntValue integer:
                integer.WriteRepr(output);
                break;
            case FloatValue number:
                output.Append(Number(number.Number));
                break;
            case StringValue text:
                WriteText(text);
                break;
            case SequenceValue sequence:
                WriteContainer('[', ']', sequence.Items, Write);
                break;
            case DictValue dict:
                WriteContainer('{', '}', sortKeys ? Sorted(dict) : dict.Items, WritePair);
                break;
            default:
                throw TemplateException.Evaluation($"Object of type {value.TypeName} is not JSON serializable");
        }
    }

    private void WriteContainer<T>(char open, char close, T[] items, Action<T> write)
    {
        output.Append(open);
        _depth++;
        for (var i = 0; i < items.Length; i++)
        {
            if (i > 0)
            {
                output.Append(_itemSeparator);
            }
            BreakLine();
            write(items[i]);
        }
        _depth--;
        if (items.Length > 0)
        {
            BreakLine();
        }
        output.Append(close);
    }

    private void BreakLine()
    {
        if (indent is not null)
        {
            output.Append('\n').AppendRepeated(indent, _depth);
        }
    }

    private void WritePair(KeyValuePair<Value, Value> pair)
    {
        switch (pair.Key)
        {
            case StringValue text:
                WriteText(text);
                break;
            case NoneValue or BoolValue or IntValue or FloatValue:
                output.Append('"');
                Write(pair.Key);
                output.Append('"');
                break;
            default:
                throw TemplateException.Evaluation($"keys must be str, int, float, bool or None, not {pair.Key.TypeName}");
        }
        output.Append(_keySeparator);
        Write(pair.Value);
    }

    private KeyValuePair<Value, Value>[] Sorted(DictValue dict)
    {
        var pairs = Ordering.Sort(
            output.State,
            [.. dict.Items.Select(item => new TupleValue([item.Key, item.Value]))],
            pair => ((TupleValue)pair).Items[0],
            descending: false);
        return [.. pairs.Cast<TupleValue>().Select(pair => KeyValuePair.Create(pair.Items[0], pair.Items[1]))];
    }

    private void WriteText(StringValue value)
    {
        output.Append('"');
        var plain = 0;
        for (var i = 0; i < value.Text.Length; i++)
        {
            if (Escape(value.Text[i]) is { } escape)
            {
                output.Append(value, plain, i - plain).Append(escape, value.Taint.Spread());
                plain = i + 1;
            }
        }
        output.Append(value, plain, value.Text.Length - plain).Append('"');
    }

    private string? Escape(char character) => character switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\f' => "\\f",
        '\b' => "\\b",
        < ' ' => Unicode(character),
        > '~' when asciiOnly => Unicode(character),
        _ => null,
    };

    private static string Unicode(char character) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");

    private static string Number(double number) =>
        double.IsNaN(number) ? "NaN" : double.IsInfinity(number) ? number > 0 ? "Infinity" : "-Infinity" : PythonFloat.Repr(number);
}
