using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Privacy;

/// <summary>
/// Names for values: <c>&lt;br_cpf:1&gt;</c>, counted by kind in the order of the text, or <c>&lt;br_cpf:qkzdwrtb&gt;</c> by a keyed hash, the same in every
/// request of a tenant. Never one that stands in the request already: who typed that gets it back as typed.
/// </summary>
/// <param name="text">All that the request says.</param>
/// <param name="kinds">What is to be replaced.</param>
/// <param name="key">For the hash; null to count.</param>
internal sealed class Placeholders(ReadOnlySpan<char> text, IEnumerable<string> kinds, byte[]? key)
{
    public const int LongestKind = 32;
    public const int LongestId = 16;

    // Letters only, so that an id looks like no number; without vowels, so that it is no word.
    private const string Letters = "bcdfghjklmnpqrstvwxz";

    // 20^8 is 2.6e10: of a thousand values two share an id once in 50,000 requests, and then the second gets a longer one.
    private const int ShortId = 8;

    private readonly Dictionary<string, HashSet<string>> _typed = FindTyped(text, kinds);
    private readonly Dictionary<string, int> _last = new(StringComparer.Ordinal);

    /// <summary>What stands for a value from here on.</summary>
    public string Next(string kind, string value, IReadOnlyDictionary<string, string> taken)
    {
        var last = _last.GetValueOrDefault(kind);
        var typed = _typed[kind];
        string id, placeholder;
        var length = ShortId;
        do
        {
            id = key is null ? (++last).ToString(CultureInfo.InvariantCulture) : Hash(key, kind, value, length++);
            placeholder = $"<{kind}:{id}>";
        }
        while (typed.Contains(id) || taken.ContainsKey(placeholder));

        _last[kind] = last;
        return placeholder;
    }

    /// <summary>The key of a tenant.</summary>
    public static byte[] KeyOf(string secret, string tenant) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), outputLength: 32, info: Encoding.UTF8.GetBytes($"gateway placeholders\n{tenant}"));

    private static string Hash(byte[] key, string kind, string value, int length)
    {
        var hash = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{kind}\n{value}"));
        var number = new BigInteger(hash, isUnsigned: true);
        return string.Create(Math.Min(length, LongestId), number, static (id, rest) =>
        {
            for (var i = 0; i < id.Length; i++)
            {
                rest = BigInteger.DivRem(rest, Letters.Length, out var letter);
                id[i] = Letters[(int)letter];
            }
        });
    }

    // However it was written around the colon and before the kind, as an HTML entity or an escape for one; by kind.
    private static Dictionary<string, HashSet<string>> FindTyped(ReadOnlySpan<char> text, IEnumerable<string> kinds)
    {
        var typed = kinds.Distinct(StringComparer.Ordinal).ToDictionary(k => k, _ => new HashSet<string>(StringComparer.Ordinal), StringComparer.Ordinal);
        for (var at = 0; text[at..].IndexOf(':') is >= 0 and var colon; at += colon + 1)
        {
            var before = text[Math.Max(0, at + colon - LongestKind - 2)..(at + colon)].TrimEnd();
            foreach (var (kind, ids) in typed)
            {
                if (before.EndsWith(kind, StringComparison.OrdinalIgnoreCase))
                {
                    var after = text[(at + colon + 1)..Math.Min(text.Length, at + colon + LongestId + 4)].TrimStart();
                    var id = after[..(after.IndexOfAnyExcept(IdCharacters) is >= 0 and var end ? end : after.Length)];
                    ids.Add(id[..Math.Min(id.Length, LongestId)].ToString());
                }
            }
        }

        return typed;
    }

    /// <summary>What ids are made of.</summary>
    public static readonly SearchValues<char> IdCharacters = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyz");

    /// <summary>What kinds are made of.</summary>
    public static readonly SearchValues<char> KindCharacters = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyz_");
}
