using System.Buffers;
using System.Numerics;
using System.Security.Cryptography;

namespace Gateway.Tenants;

/// <summary>
/// API keys: <c>gw_</c>, 43 base-62 digits of 256 random bits, and 6 of a checksum: the CRC-32 (IEEE 802.3) of all before it, as GitHub's tokens
/// have it. Prefix and checksum let secret scanners find leaked ones, and tell a mistyped key from one that is unknown.
/// </summary>
internal static class ApiKey
{
    /// <summary>Characters that lists show of a key: enough to tell a tenant's keys apart, too few to guess the rest (35 of 43 digits stay unknown).</summary>
    public const int ShownLength = 11;

    private const string Prefix = "gw_";
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> DigitSet = SearchValues.Create(Digits);

    // 62^43 > 2^256 and 62^6 > 2^32.
    private const int RandomDigits = 43;
    private const int ChecksumDigits = 6;
    private const int BodyLength = 3 + RandomDigits;

    /// <summary>Makes a new key.</summary>
    public static string Generate()
    {
        Span<char> key = stackalloc char[BodyLength + ChecksumDigits];
        Prefix.CopyTo(key);
        WriteBase62(key[Prefix.Length..BodyLength], new BigInteger(RandomNumberGenerator.GetBytes(32), isUnsigned: true));
        WriteBase62(key[BodyLength..], Crc32(key[..BodyLength]));
        return new string(key);
    }

    /// <summary>Whether this may be a key that was made here: its form and its checksum are right. Nothing else can be a key made at run time.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> key)
    {
        if (key.Length != BodyLength + ChecksumDigits || !key.StartsWith(Prefix, StringComparison.Ordinal) || key[Prefix.Length..].ContainsAnyExcept(DigitSet))
        {
            return false;
        }

        Span<char> checksum = stackalloc char[ChecksumDigits];
        WriteBase62(checksum, Crc32(key[..BodyLength]));
        return key[BodyLength..].SequenceEqual(checksum);
    }

    /// <summary>The first characters, for lists.</summary>
    public static string Shown(string key) => key[..Math.Min(ShownLength, key.Length)];

    private static void WriteBase62(Span<char> digits, BigInteger number)
    {
        for (var i = digits.Length - 1; i >= 0; i--)
        {
            number = BigInteger.DivRem(number, Digits.Length, out var digit);
            digits[i] = Digits[(int)digit];
        }
    }

    // A bit at a time: 46 characters take no time worth a table, and only keys that are made or unknown come here.
    private static uint Crc32(ReadOnlySpan<char> ascii)
    {
        var crc = uint.MaxValue;
        foreach (var c in ascii)
        {
            crc ^= (byte)c;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0xEDB88320 & (uint)-(int)(crc & 1));
            }
        }

        return ~crc;
    }
}
