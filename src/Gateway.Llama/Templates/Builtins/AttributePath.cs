using System.Globalization;
using System.Numerics;
using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>What filters take as <c>attribute</c>: <c>"function.name"</c>, <c>"items.0"</c>, a number, or nothing.</summary>
internal readonly struct AttributePath
{
    private readonly Value[] _parts;

    private AttributePath(Value[] parts) => _parts = parts;

    public static AttributePath Parse(Value? attribute) => attribute switch
    {
        null or NoneValue => new([]),
        StringValue text => Parse(text.Text),
        _ => new([attribute]),
    };

    /// <summary>Several, with commas between.</summary>
    public static AttributePath[] ParseSeveral(Value? attribute) =>
        attribute is StringValue text ? Array.ConvertAll(text.Text.Split(','), Parse) : [Parse(attribute)];

    // fallback: what to take instead of something undefined on the way; null: nothing.
    public Value Get(RenderState state, Value item, Value? fallback = null)
    {
        foreach (var part in _parts)
        {
            item = Subscripts.GetItem(state, item, part);
            if (item is UndefinedValue && fallback is not null)
            {
                item = fallback;
            }
        }
        return item;
    }

    private static AttributePath Parse(string path) => new(Array.ConvertAll(path.Split('.'), part =>
        part.Length is > 0 and < 20 && part.All(char.IsAsciiDigit)
            ? (Value)IntValue.Of(BigInteger.Parse(part, CultureInfo.InvariantCulture))
            : new StringValue(part)));
}
