using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Gateway.Tenants;

/// <summary>The id of a key in lists, logs and the ledger: <c>key_</c> and 16 hexadecimal digits. Eight bytes, for there may be a million in memory.</summary>
internal readonly record struct KeyId(ulong Value)
{
    private const string Prefix = "key_";
    private const int Length = 4 + 16;

    public static KeyId Create() => Of(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    /// <summary>The id made of the first eight bytes.</summary>
    public static KeyId Of(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64BigEndian(bytes));

    public static bool TryParse(string text, out KeyId id)
    {
        id = new(text.Length == Length && ulong.TryParse(text.AsSpan(Prefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value : 0);

        // One way to write each: no capitals, no other prefix.
        return string.Equals(id.ToString(), text, StringComparison.Ordinal);
    }

    public override string ToString() => string.Create(Length, Value, static (chars, value) =>
    {
        Prefix.CopyTo(chars);
        value.TryFormat(chars[Prefix.Length..], out _, "x16", CultureInfo.InvariantCulture);
    });
}
