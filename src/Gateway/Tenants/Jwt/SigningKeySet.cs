using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Tenants.Jwt;

/// <summary>The public keys of an issuer, as it published them at a time.</summary>
internal sealed class SigningKeySet
{
    /// <summary>Largest JWKS or discovery document, in bytes; Google's and Microsoft's are under 20 KB.</summary>
    public const int LargestDocument = 1024 * 1024;

    // What NIST SP 800-131A asks for.
    private const int LeastRsaBits = 2048;

    private readonly IReadOnlyList<SecurityKey> _keys;

    private SigningKeySet(IReadOnlyList<SecurityKey> keys) => _keys = keys;

    public int Count => _keys.Count;

    /// <summary>Reads a JWKS (RFC 7517); null when no key in it could check a signature. Symmetric keys have no place in one and are left out.</summary>
    public static SigningKeySet? Parse(byte[] json)
    {
        try
        {
            var keys = new JsonWebKeySet(Encoding.UTF8.GetString(json)).GetSigningKeys()
                .Where(k => k is AsymmetricSecurityKey && (k is not RsaSecurityKey || k.KeySize >= LeastRsaBits))
                .ToList();
            return keys.Count == 0 ? null : new SigningKeySet(keys);
        }
        catch (Exception e) when (e is ArgumentException or System.Text.Json.JsonException or FormatException or InvalidOperationException or System.Security.Cryptography.CryptographicException)
        {
            // The library has no other way to say that it is no JWKS.
            return null;
        }
    }

    /// <summary>The keys that a token may be signed with: those of its key id, all when it has none.</summary>
    public IReadOnlyList<SecurityKey> Of(string? keyId) =>
        string.IsNullOrEmpty(keyId) ? _keys : [.. _keys.Where(k => string.Equals(k.KeyId, keyId, StringComparison.Ordinal))];
}
