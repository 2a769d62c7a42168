using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Gateway.Api;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Tenants.Jwt;

/// <summary>Checks bearer tokens (RFC 7519, RFC 8725) against the issuers of the configuration.</summary>
internal sealed class TokenValidator(TimeProvider time)
{
    // Tokens with the groups of a large organisation reach some 8 KB; Kestrel takes 32 KB of headers.
    private const int LargestToken = 16 * 1024;

    private static readonly ApiError TooLarge = ApiError.InvalidToken("token_too_large", "The token is larger than 16 KB. Ask the issuer for one with fewer claims.");
    private static readonly ApiError Malformed = ApiError.InvalidToken("token_malformed", "The token is no signed JWT (RFC 7519).");
    private static readonly ApiError Algorithm = ApiError.InvalidToken("token_algorithm", "The token is signed with an algorithm that is not accepted from its issuer, or not at all.");
    private static readonly ApiError Issuer = ApiError.InvalidToken("token_issuer", "The token's issuer is not one that this gateway trusts.");
    private static readonly ApiError Audience = ApiError.InvalidToken("token_audience", "The token is for another audience than this gateway.");
    private static readonly ApiError UnknownKey = ApiError.InvalidToken("token_key_unknown", "The token names a key that its issuer does not publish.");
    private static readonly ApiError Signature = ApiError.InvalidToken("token_signature", "The token's signature is wrong.");
    private static readonly ApiError NoExpiry = ApiError.InvalidToken("token_no_expiry", "The token has no expiry (`exp`).");
    private static readonly ApiError Expired = ApiError.InvalidToken("token_expired", "The token has expired. Get a new one from its issuer.");
    private static readonly ApiError NotYetValid = ApiError.InvalidToken("token_not_yet_valid", "The token is not valid yet (`nbf` or `iat` lies ahead). A clock may be wrong.");

    // By type of exception, which is how the library tells what it found; in this order, for some are derived from others.
    private static readonly (Type Exception, ApiError Error)[] Findings =
    [
        (typeof(SecurityTokenInvalidAudienceException), Audience),
        (typeof(SecurityTokenInvalidIssuerException), Issuer),
        (typeof(SecurityTokenInvalidAlgorithmException), Algorithm),
        (typeof(SecurityTokenSignatureKeyNotFoundException), Signature),
        (typeof(SecurityTokenInvalidSignatureException), Signature),
    ];

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = LargestToken };

    /// <summary>Whether a credential is a token rather than a key: three parts, the first of which is a JSON object in base64url.</summary>
    public static bool IsToken(string? credential) =>
        credential is not null && credential.StartsWith("eyJ", StringComparison.Ordinal) && credential.AsSpan().Count('.') >= 2;

    /// <summary>What a valid token says, or why it is refused.</summary>
    public async ValueTask<(Token? Token, ApiError? Error)> ValidateAsync(
        string credential, FrozenDictionary<string, JwtIssuer> issuers, CancellationToken cancellationToken)
    {
        if (credential.Length > LargestToken)
        {
            return (null, TooLarge);
        }

        if (Read(credential) is not { } token || !token.IsSigned || token.IsEncrypted || token.TryGetHeaderValue<object>("crit", out _))
        {
            return (null, credential.EndsWith('.') ? Algorithm : Malformed);
        }

        // Nothing of it is believed yet: this only says whose keys to check it with.
        if (!issuers.TryGetValue(token.Issuer, out var issuer))
        {
            return (null, Issuer);
        }

        if (!issuer.Accepts(token.Alg))
        {
            return (null, Algorithm);
        }

        if (await issuer.Keys.GetAsync(token.Kid, cancellationToken) is not { } known)
        {
            return (null, ApiError.IssuerUnavailable(issuer.Name));
        }

        if (known.Of(token.Kid) is not { Count: > 0 } keys)
        {
            return (null, UnknownKey);
        }

        var result = await _handler.ValidateTokenAsync(token, issuer.ParametersFor(keys));
        if (!result.IsValid)
        {
            return (null, Findings.FirstOrDefault(f => f.Exception.IsInstanceOfType(result.Exception)).Error ?? Malformed);
        }

        using var claims = TokenClaims.Parse(token.EncodedPayload);
        return claims is null ? (null, Malformed)
            : CheckTime(claims, issuer.ClockSkew) is { } error ? (null, error)
            : (new Token(issuer, token.Subject ?? "", IdOf(token), issuer.TenantsOf(claims), issuer.RolesOf(claims)), null);
    }

    private static JsonWebToken? Read(string credential)
    {
        try
        {
            return new JsonWebToken(credential);
        }
        catch (Exception e) when (e is ArgumentException or SecurityTokenException or FormatException or System.Text.Json.JsonException)
        {
            // The library has no other way to say that it is no token.
            return null;
        }
    }

    private ApiError? CheckTime(TokenClaims claims, TimeSpan skew)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        return claims.Time("exp") is not { } expires ? NoExpiry
            : expires + skew.TotalSeconds <= now ? Expired
            : claims.Time("nbf") - skew.TotalSeconds > now || claims.Time("iat") - skew.TotalSeconds > now ? NotYetValid
            : null;
    }

    // Who it is, without saying who: the ledger holds no names of people.
    private static string IdOf(JsonWebToken token) =>
        "sub_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{token.Issuer}\n{token.Subject}")).AsSpan(0, 8));
}

/// <summary>A valid token.</summary>
/// <param name="Issuer">Who issued it.</param>
/// <param name="Subject">Whose it is, as the issuer calls them; empty when it does not say.</param>
/// <param name="Id">Stands for the subject where they are not to be named: <c>sub_</c> and 16 hexadecimal digits.</param>
/// <param name="Tenants">Names of the tenants that its claims stand for; not all need exist.</param>
/// <param name="Roles">Roles that its claims stand for.</param>
internal sealed record Token(
    JwtIssuer Issuer, string Subject, string Id, IReadOnlyList<string> Tenants, IReadOnlyList<Admin.AdminRole> Roles);
