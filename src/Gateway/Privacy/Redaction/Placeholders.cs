using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Privacy;

/// <summary>
/// Names for values: <c>&lt;br_cpf:1&gt;</c>, counted by kind in the order of the text, or <c>&lt;br_cpf:qkzdwrtb&gt;</c> by a keyed hash, the same in every
/// request of a tenant. Never one that stands in the request already: who typed that gets it back as typed.
/// </summary>
/// <param name="text">All that the request says.</param>
/// <param name="key">For the hash; null to count.</param>
internal ref struct Placeholders(ReadOnlySpan<char> text, byte[]? key)
{
    public const int LongestKind = 32;
    public const int LongestId = 16;

    /// <summary>Characters of the longest: <c>&lt;kind:id&gt;</c>.</summary>
    public const int Longest = 1 + LongestKind + 1 + LongestId + 1;

    // Letters only, so that an id looks like no number; without vowels, so that it is no word.
    private const string Letters = "bcdfghjklmnpqrstvwxz";

    // 20^8 is 2.6e10: of a thousand values two share an id once in 50,000 requests, and then the second gets a longer one.
    private const int ShortId = 8;

    private readonly ReadOnlySpan<char> _text = text;
    private readonly Dictionary<string, (int Last, HashSet<string> Typed)> _kinds = new(StringComparer.Ordinal);

    /// <summary>What stands for a value from here on.</summary>
    public readonly string Next(string kind, string value, IReadOnlyDictionary<string, string> taken)
    {
        var (last, typed) = _kinds.TryGetValue(kind, out var known) ? known : (0, FindTyped(kind));
        string id, placeholder;
        var length = ShortId;
        do
        {
            id = key is null ? (++last).ToString(CultureInfo.InvariantCulture) : Hash(key, kind, value, length++);
            placeholder = $"<{kind}:{id}>";
        }
        while (typed.Contains(id) || taken.ContainsKey(placeholder));

        _kinds[kind] = (last, typed);
        return placeholder;
    }

    /// <summary>The key of a tenant.</summary>
    public static byte[] KeyOf(string secret, string tenant) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), outputLength: 32, info: Encoding.UTF8.GetBytes($"gateway placeholders\n{tenant}"));

    private static string Hash(byte[] key, string kind, string value, int length)
    {
        var hash = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{kind}\n{value}"));
        var number = System.Numerics.BigInteger.Abs(new System.Numerics.BigInteger(hash, isUnsigned: true));
        return string.Create(Math.Min(length, LongestId), number, static (id, rest) =>
        {
            for (var i = 0; i < id.Length; i++)
            {
                rest = System.Numerics.BigInteger.DivRem(rest, Letters.Length, out var letter);
                id[i] = Letters[(int)letter];
            }
        });
    }

    // However it was written around the colon, as an HTML entity for one.
    private readonly HashSet<string> FindTyped(string kind)
    {
        var typed = new HashSet<string>(StringComparer.Ordinal);
        for (var rest = _text; rest.IndexOf(kind, StringComparison.OrdinalIgnoreCase) is >= 0 and var at;)
        {
            rest = rest[(at + kind.Length)..];
            var id = rest.TrimStart();
            if (id.StartsWith(":"))
            {
                id = id[1..].TrimStart();
                var end = id[..Math.Min(id.Length, LongestId)].IndexOfAnyExcept(IdCharacters);
                typed.Add(id[..(end < 0 ? Math.Min(id.Length, LongestId) : end)].ToString());
            }
        }

        return typed;
    }

    /// <summary>What ids are made of.</summary>
    public static readonly System.Buffers.SearchValues<char> IdCharacters = System.Buffers.SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyz");

    /// <summary>What kinds are made of.</summary>
    public static readonly System.Buffers.SearchValues<char> KindCharacters = System.Buffers.SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyz_");
}
