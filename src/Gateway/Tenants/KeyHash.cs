using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Tenants;

/// <summary>
/// SHA-256 of an API key. A plain hash is enough, since keys are 256 random bits: there is nothing to guess that a slow hash would protect.
/// </summary>
[InlineArray(SHA256.HashSizeInBytes)]
internal struct KeyHash : IEquatable<KeyHash>
{
    // Keys are ASCII; longer than this is no key of ours (43 base-62 digits, prefix and checksum are under 64).
    private const int MaxKeyLength = 256;

    /// <summary>What a missing or an oversized key comes to; no key's hash.</summary>
    public static readonly KeyHash OfNothing = Of(default);

#pragma warning disable IDE0044, IDE0051, CA1823 // The field of an inline array is used through its span.
    private byte _element;
#pragma warning restore IDE0044, IDE0051, CA1823

    /// <summary>Hashes a key. A missing or oversized one gets the hash of nothing, at the same cost.</summary>
    public static KeyHash Of(ReadOnlySpan<char> key)
    {
        Span<byte> utf8 = stackalloc byte[MaxKeyLength];
        if (!Encoding.UTF8.TryGetBytes(key, utf8, out var length))
        {
            length = 0;
        }

        var hash = default(KeyHash);
        SHA256.HashData(utf8[..length], hash);
        return hash;
    }

    /// <summary>Reads 64 hexadecimal digits.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static KeyHash FromHex(string hex) => TryFromHex(hex, out var hash) ? hash : throw new FormatException();

    /// <summary>Reads 64 hexadecimal digits; false for anything else.</summary>
    public static bool TryFromHex(string hex, out KeyHash hash)
    {
        hash = default;
        return hex.Length == 2 * SHA256.HashSizeInBytes && Convert.FromHexString(hex, hash, out _, out _) == OperationStatus.Done;
    }

    /// <summary>Compares in constant time.</summary>
    public readonly bool Equals(KeyHash other) => CryptographicOperations.FixedTimeEquals(this, other);

    public override readonly bool Equals(object? obj) => obj is KeyHash other && Equals(other);

    /// <summary>The first 32 bits: they are as random as any others.</summary>
    public override readonly int GetHashCode() => BinaryPrimitives.ReadInt32LittleEndian(this);

    /// <summary>Lower-case hexadecimal digits.</summary>
    public override readonly string ToString() => Convert.ToHexStringLower(this);
}
