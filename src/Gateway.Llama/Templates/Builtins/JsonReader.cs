using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>
/// Values of JSON, as Python's <c>json.loads</c> reads it: a number with a point or an exponent is a float, any other an int.
/// </summary>
internal static class JsonReader
{
    // taint: of every string in it.
    public static Value Read(JsonElement element, Taint taint)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.True:
                return BoolValue.True;
            case JsonValueKind.False:
                return BoolValue.False;
            case JsonValueKind.Number:
                return ReadNumber(element);
            case JsonValueKind.String:
                return new StringValue(ReadText(element), taint);
            case JsonValueKind.Array:
                var items = new Value[element.GetArrayLength()];
                var i = 0;
                foreach (var item in element.EnumerateArray())
                {
                    items[i++] = Read(item, taint);
                }
                return new ListValue(items);
            case JsonValueKind.Object:
                var pairs = new List<KeyValuePair<Value, Value>>();
                foreach (var property in element.EnumerateObject())
                {
                    pairs.Add(new(new StringValue(ReadName(property), taint), Read(property.Value, taint)));
                }
                return DictValue.Of(pairs);
            default:
                return NoneValue.Instance;
        }
    }

    public static string ReadName(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw HalfPair();
        }
    }

    public static string ReadText(JsonElement element)
    {
        try
        {
            return element.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            throw HalfPair();
        }
    }

    private static Value ReadNumber(JsonElement element)
    {
        if (element.TryGetInt64(out var number))
        {
            return IntValue.Of(number);
        }
        var text = element.GetRawText();
        if (text.AsSpan().ContainsAny(".eE"))
        {
            return new FloatValue(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture));
        }
        return text.Length > IntValue.MaxDigits
            ? throw TemplateException.Limit($"a number of the input has more than {IntValue.MaxDigits} digits")
            : IntValue.Of(BigInteger.Parse(text, CultureInfo.InvariantCulture));
    }

    private static TemplateException HalfPair() =>
        TemplateException.Evaluation("a string of the input holds half of a surrogate pair, which is not text");
}
