using System.Security.Cryptography;
using System.Text;

namespace Gateway.Tenants;

/// <summary>
/// API keys: <c>gw_</c>, 43 base-62 digits of 256 random bits, and 6 of a checksum (the first 32 bits of the SHA-256 of all before it). Prefix and
/// checksum let secret scanners find leaked ones.
/// </summary>
internal static class ApiKey
{
    private const string Prefix = "gw_";
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    // 62^43 > 2^256 and 62^6 > 2^32.
    private const int RandomDigits = 43;
    private const int ChecksumDigits = 6;

    /// <summary>Makes a new key.</summary>
    public static string Generate()
    {
        var body = Prefix + ToBase62(RandomNumberGenerator.GetBytes(32), RandomDigits);
        return body + ToBase62(SHA256.HashData(Encoding.ASCII.GetBytes(body)).AsSpan(0, 4), ChecksumDigits);
    }

    private static string ToBase62(ReadOnlySpan<byte> value, int length)
    {
        var number = new System.Numerics.BigInteger(value, isUnsigned: true, isBigEndian: true);
        var digits = new char[length];
        for (var i = length - 1; i >= 0; i--)
        {
            number = System.Numerics.BigInteger.DivRem(number, Digits.Length, out var digit);
            digits[i] = Digits[(int)digit];
        }

        return new string(digits);
    }
}
