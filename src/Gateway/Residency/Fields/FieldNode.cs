using System.Text;

namespace Gateway.Residency.Fields;

/// <summary>A value of a request and what it makes an upstream do. Items of arrays are judged as the array's own value would be.</summary>
internal sealed class FieldNode
{
    /// <summary>Anything may stand in it, and nothing is done with it.</summary>
    public static readonly FieldNode Anything = new() { Inside = Inside.Anything };

    /// <summary>A part of a JSON Schema.</summary>
    public static readonly FieldNode SchemaPart = new() { Inside = Inside.Schema };

    /// <summary>A reference in a JSON Schema.</summary>
    public static readonly FieldNode Reference = new() { Inside = Inside.Schema, Test = ValueTest.Local, Effects = FieldEffects.RemoteUrls };

    private readonly Field[][] _byLength = [];

    public FieldNode()
    {
    }

    public FieldNode(IReadOnlyList<Field> fields)
    {
        Inside = Inside.Fields;
        Fields = fields;
        _byLength = new Field[fields.Count == 0 ? 0 : fields.Max(f => f.Name.Length) + 1][];
        for (var length = 0; length < _byLength.Length; length++)
        {
            _byLength[length] = [.. fields.Select((f, i) => f with { Index = i }).Where(f => f.Name.Length == length)];
        }
    }

    /// <summary>What a value does that is not harmless by <see cref="Test"/>; null and false do nothing.</summary>
    public FieldEffects Effects { get; init; }

    public ValueTest Test { get; init; }

    /// <summary>For <see cref="ValueTest.Words"/>: the harmless ones.</summary>
    public byte[][] Harmless { get; init; } = [];

    public Inside Inside { get; init; }

    /// <summary>The known fields.</summary>
    public IReadOnlyList<Field> Fields { get; } = [];

    /// <summary>The known field of this name, in whatever case: that is how Go's encoding/json reads keys, which several model servers use.</summary>
    /// <param name="name">The key, without escapes.</param>
    /// <param name="isExact">Whether it is written as the API has it.</param>
    public Field? Find(ReadOnlySpan<byte> name, out bool isExact)
    {
        foreach (var field in name.Length < _byLength.Length ? _byLength[name.Length] : [])
        {
            if (name.SequenceEqual(field.Name))
            {
                isExact = true;
                return field;
            }
        }

        isExact = false;
        return _byLength.Length == 0 ? null : FindFolded(name);
    }

    private Field? FindFolded(ReadOnlySpan<byte> name)
    {
        // A folded letter takes three bytes at most.
        Span<byte> folded = stackalloc byte[128];
        if (name.Length > folded.Length || name.Length > 3 * _byLength.Length)
        {
            return null;
        }

        folded = folded[..Fold(name, folded)];
        foreach (var field in folded.Length < _byLength.Length ? _byLength[folded.Length] : [])
        {
            if (Ascii.EqualsIgnoreCase(folded, field.Name))
            {
                return field;
            }
        }

        return null;
    }

    /// <summary>Unicode has two letters beyond ASCII that are the same as one of ASCII's but for their case: the long s, and the sign of kelvin.</summary>
    private static int Fold(ReadOnlySpan<byte> name, Span<byte> folded)
    {
        var longS = "\u017F"u8;
        var kelvin = "\u212A"u8;
        var length = 0;
        while (!name.IsEmpty)
        {
            var (letter, taken) = name.StartsWith(longS) ? ((byte)'s', longS.Length) : name.StartsWith(kelvin) ? ((byte)'k', kelvin.Length) : (name[0], 1);
            folded[length++] = letter;
            name = name[taken..];
        }

        return length;
    }
}

/// <summary>A key of an object and what may stand there.</summary>
internal sealed record Field(byte[] Name, FieldNode Value)
{
    /// <summary>Its place among the object's fields.</summary>
    public int Index { get; init; }
}

/// <summary>Which values are harmless.</summary>
internal enum ValueTest
{
    /// <summary>None but null and false.</summary>
    None,

    /// <summary>Some words.</summary>
    Words,

    /// <summary>A <c>data:</c> URL.</summary>
    DataUrl,

    /// <summary>A <c>data:</c> URL, and base64 by itself.</summary>
    Base64,

    /// <summary>A reference within the same schema, and the name of the language that it is written in.</summary>
    Local,
}

/// <summary>What may stand in objects.</summary>
internal enum Inside
{
    /// <summary>No object belongs here.</summary>
    Nothing,

    /// <summary>The known fields.</summary>
    Fields,

    /// <summary>Keys of the client's own.</summary>
    Anything,

    /// <summary>A JSON Schema: keys of the client's own, and references that an upstream might follow.</summary>
    Schema,
}
