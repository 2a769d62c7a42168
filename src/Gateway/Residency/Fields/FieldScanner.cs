using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Gateway.Api;
using Gateway.Exchanges;

namespace Gateway.Residency.Fields;

/// <summary>
/// Holds a request's body against the table of fields, in one pass over its bytes; allocates nothing unless something is found. A key that comes twice is
/// always found: which of the two an upstream takes is not known.
/// </summary>
internal ref struct FieldScanner
{
    // Enough to tell a URL from base64.
    private const int Look = 64;

    private static readonly SearchValues<byte> Base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_"u8);

    private readonly FieldEffects _denied;
    private Utf8JsonReader _reader;
    private KeySet _keys;
    private int _objects;
    private FieldEffects _effect;
    private string? _path;

    private FieldScanner(ReadOnlySpan<byte> body, FieldEffects denied)
    {
        _denied = denied;
        _reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = RequestEnvelopeReader.MaxDepth });
    }

    /// <summary>The first field that comes twice or does something that is denied.</summary>
    /// <param name="body">A JSON object whose keys are valid Unicode, as its envelope's reader lets through.</param>
    /// <param name="table">The table of its endpoint.</param>
    /// <param name="denied">What its fields may not do.</param>
    public static FieldFinding Scan(ReadOnlySpan<byte> body, FieldNode table, FieldEffects denied)
    {
        var scanner = new FieldScanner(body, denied);
        try
        {
            scanner._reader.Read();
            return scanner.ScanObject(table) ? default : new FieldFinding(scanner._path!, scanner._effect);
        }
        finally
        {
            scanner._keys.Dispose();
        }
    }

    // Whether nothing was found. The reader stands at the value's first token, and then at its last.
    private bool ScanValue(FieldNode node)
    {
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return Allows(node.Inside switch
                {
                    Inside.Nothing => node.Effects | FieldEffects.UnknownFields,
                    Inside.Fields => FieldEffects.None,

                    // A property of an answer may be called `$ref`.
                    Inside.Schema when node.Test == ValueTest.Local => FieldEffects.None,
                    _ => node.Effects,
                }) && ScanObject(node);
            case JsonTokenType.StartArray:
                return ScanArray(node);
            case JsonTokenType.String:
                return node.Effects == FieldEffects.None || IsHarmless(node) || Allows(node.Effects);
            case JsonTokenType.Number or JsonTokenType.True:
                return node.Test is ValueTest.DataUrl or ValueTest.Base64 || Allows(node.Effects);
            default:
                return true;
        }
    }

    private bool ScanArray(FieldNode node)
    {
        for (var i = 0; _reader.Read() && _reader.TokenType != JsonTokenType.EndArray; i++)
        {
            if (!ScanValue(node))
            {
                _path = string.Create(CultureInfo.InvariantCulture, $"[{i}]{(_path is null or ['[', ..] ? "" : ".")}{_path}");
                return false;
            }
        }

        return true;
    }

    private bool ScanObject(FieldNode node)
    {
        Span<ulong> seen = stackalloc ulong[(node.Fields.Count + 63) / 64];
        seen.Clear();
        var number = _objects++;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!ScanField(node, number, seen))
            {
                return false;
            }
        }

        return true;
    }

    private bool ScanField(FieldNode node, int number, scoped Span<ulong> seen)
    {
        // Where a key needs no more than the buffer it is not copied to the heap; the longest can be as long as the body.
        byte[]? rented = null;
        Span<byte> buffer = stackalloc byte[128];
        if (_reader.ValueIsEscaped && _reader.ValueSpan.Length > buffer.Length)
        {
            buffer = rented = ArrayPool<byte>.Shared.Rent(_reader.ValueSpan.Length);
        }

        try
        {
            var key = _reader.ValueIsEscaped ? buffer[.._reader.CopyString(buffer)] : _reader.ValueSpan;
            var field = node.Find(key, out var isExact);
            var isNew = field is null ? AddKey(number, key, node.Inside == Inside.Fields) : TryMark(seen, field.Index);
            var value = field?.Value ?? ValueOfOther(node, key);
            var fits = field is null ? node.Inside != Inside.Fields : isExact;
            if (isNew && (fits || Allows(FieldEffects.UnknownFields)) && _reader.Read() && ScanValue(value))
            {
                return true;
            }

            _path = PathOf(key, _path);
            return false;
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    // Of a key that the table does not have.
    private static FieldNode ValueOfOther(FieldNode node, ReadOnlySpan<byte> key) =>
        node.Inside != Inside.Schema ? FieldNode.Anything
        : key.SequenceEqual("$ref"u8) || key.SequenceEqual("$dynamicRef"u8) || key.SequenceEqual("$recursiveRef"u8) || key.SequenceEqual("$schema"u8) ? FieldNode.Reference
        : FieldNode.SchemaPart;

    // In an object of the client's own keys two cases are two keys.
    private bool AddKey(int number, scoped ReadOnlySpan<byte> key, bool ignoreCase)
    {
        Span<byte> lower = stackalloc byte[64];
        return _keys.Add(number, ignoreCase && key.Length <= lower.Length && Ascii.ToLower(key, lower, out var length) == OperationStatus.Done ? lower[..length] : key);
    }

    private static bool TryMark(Span<ulong> seen, int index)
    {
        var (word, bit) = (index / 64, 1UL << (index % 64));
        var isNew = (seen[word] & bit) == 0;
        seen[word] |= bit;
        return isNew;
    }

    private bool Allows(FieldEffects effects)
    {
        var denied = effects & _denied;
        if (denied == FieldEffects.None)
        {
            return true;
        }

        // One is told, the lowest.
        _effect = (FieldEffects)(1 << BitOperations.TrailingZeroCount((uint)denied));
        return false;
    }

    private readonly bool IsHarmless(FieldNode node)
    {
        var value = _reader.ValueSpan;
        switch (node.Test)
        {
            case ValueTest.Words:
                foreach (var word in node.Harmless)
                {
                    if (_reader.ValueTextEquals(word))
                    {
                        return true;
                    }
                }

                return false;

            // An escape in the scheme is nobody's honest way to write it.
            case ValueTest.DataUrl:
                return value.IsEmpty || IsData(value);
            case ValueTest.Base64:
                return IsData(value) || !HasOther(value[..Math.Min(value.Length, Look)]);
            case ValueTest.Local:
                return value.IsEmpty || value[0] == (byte)'#' || value.StartsWith("http://json-schema.org/"u8) || value.StartsWith("https://json-schema.org/"u8);
            default:
                return false;
        }
    }

    private static bool IsData(ReadOnlySpan<byte> value) => value.Length >= 5 && Ascii.EqualsIgnoreCase(value[..5], "data:"u8);

    // Some encoders write every slash with an escape.
    private static bool HasOther(ReadOnlySpan<byte> value)
    {
        int at;
        while ((at = value.IndexOfAnyExcept(Base64)) >= 0)
        {
            if (!value[at..].StartsWith("\\/"u8))
            {
                return at < value.Length - 1 || value[at] != (byte)'\\';
            }

            value = value[(at + 2)..];
        }

        return false;
    }

    private static string PathOf(ReadOnlySpan<byte> key, string? rest)
    {
        var name = RequestFields.Shorten(Encoding.UTF8.GetString(key));
        return rest is null or ['[', ..] ? name + rest : $"{name}.{rest}";
    }
}
