using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Testing;

/// <summary>
/// An issuer of OpenID Connect: discovery, JWKS, keys of RSA and of elliptic curves that can be rotated. Tokens are put together by hand, byte by byte, so
/// that wrong ones can be made as well and nothing of the library that is tested takes part.
/// </summary>
internal sealed class OidcIssuer : IAsyncDisposable
{
    public const string Audience = "gateway";

    private readonly Dictionary<string, AsymmetricAlgorithm> _keys = new(StringComparer.Ordinal);
    private readonly HashSet<string> _published = new(StringComparer.Ordinal);
    private WebApplication? _app;
    private int _fetches;

    public string Url { get; private set; } = "http://127.0.0.1:0";

    /// <summary>How often its keys were asked for.</summary>
    public int Fetches => Volatile.Read(ref _fetches);

    /// <summary>What discovery says, in place of the truth.</summary>
    public Func<JsonObject, string>? Discovery { get; set; }

    public static async Task<OidcIssuer> StartAsync()
    {
        var issuer = new OidcIssuer();
        issuer.AddKey("rsa-1", RSA.Create(2048));
        issuer.AddKey("ec-1", ECDsa.Create(ECCurve.NamedCurves.nistP256));
        await issuer.ListenAsync();
        return issuer;
    }

    public void AddKey(string id, AsymmetricAlgorithm key, bool publish = true)
    {
        _keys[id] = key;
        if (publish)
        {
            _published.Add(id);
        }
    }

    public void Withdraw(string id) => _published.Remove(id);

    public void Publish(string id) => _published.Add(id);

    /// <summary>Listens on the port that it had before, if it had one.</summary>
    public async Task ListenAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add(Url);
        _app.MapGet("/.well-known/openid-configuration", () =>
        {
            var document = new JsonObject { ["issuer"] = Url, ["jwks_uri"] = Url + "/keys" };
            return Results.Text(Discovery?.Invoke(document) ?? document.ToJsonString(), "application/json");
        });
        _app.MapGet("/keys", () =>
        {
            Interlocked.Increment(ref _fetches);
            return Results.Text(Jwks(), "application/json");
        });
        await _app.StartAsync();
        Url = _app.Urls.First();
    }

    public async Task StopAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
            _app = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }
    }

    public string Jwks() => new JsonObject { ["keys"] = new JsonArray([.. _published.Select(id => (JsonNode)JwkOf(id, _keys[id]))]) }.ToJsonString();

    /// <summary>The usual claims of a good token, for a test to change.</summary>
    public JsonObject Claims(string tenant = "acme", DateTimeOffset? now = null)
    {
        var at = (now ?? TimeProvider.System.GetUtcNow()).ToUnixTimeSeconds();
        return new() { ["iss"] = Url, ["aud"] = Audience, ["sub"] = "user-7", ["tenant"] = tenant, ["iat"] = at, ["nbf"] = at, ["exp"] = at + 300 };
    }

    public string Token(JsonObject? claims = null, string algorithm = "RS256", string? keyId = "rsa-1", string? signWith = null, JsonObject? header = null)
    {
        header ??= new JsonObject { ["alg"] = algorithm, ["typ"] = "JWT" };
        if (keyId is not null)
        {
            header["kid"] = keyId;
        }

        return Sign(header.ToJsonString(), (claims ?? Claims()).ToJsonString(), algorithm, signWith ?? keyId!);
    }

    /// <summary>A token that is good but for its payload.</summary>
    public string TokenOf(string payload) => Sign("""{"alg":"RS256","typ":"JWT","kid":"rsa-1"}""", payload, "RS256", "rsa-1");

    /// <summary>A token that is signed by HMAC with this secret.</summary>
    public string Hmac(byte[] secret, string keyId)
    {
        var signed = $"{Encode($$"""{"alg":"HS256","typ":"JWT","kid":"{{keyId}}"}""")}.{Encode(Claims().ToJsonString())}";
        return $"{signed}.{Base64Url(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>A key's public half as the PEM file that it is handed around in.</summary>
    public byte[] PublicPem(string id) => Encoding.ASCII.GetBytes(((RSA)_keys[id]).ExportSubjectPublicKeyInfoPem());

    public static string Encode(string json) => Base64Url(Encoding.UTF8.GetBytes(json));

    private string Sign(string header, string payload, string algorithm, string signWith)
    {
        var signed = $"{Encode(header)}.{Encode(payload)}";
        return $"{signed}.{Base64Url(Sign(Encoding.ASCII.GetBytes(signed), algorithm, _keys[signWith]))}";
    }

    private static byte[] Sign(byte[] data, string algorithm, AsymmetricAlgorithm key)
    {
        var hash = new HashAlgorithmName("SHA" + algorithm[2..]);
        return key switch
        {
            RSA rsa => rsa.SignData(data, hash, algorithm.StartsWith('P') ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1),
            ECDsa ec => ec.SignData(data, hash),
            _ => throw new NotSupportedException(),
        };
    }

    private static JsonObject JwkOf(string id, AsymmetricAlgorithm key)
    {
        if (key is RSA rsa)
        {
            var p = rsa.ExportParameters(includePrivateParameters: false);
            return new() { ["kty"] = "RSA", ["use"] = "sig", ["kid"] = id, ["n"] = Base64Url(p.Modulus!), ["e"] = Base64Url(p.Exponent!) };
        }

        var ec = ((ECDsa)key).ExportParameters(includePrivateParameters: false);
        var curve = "P-" + (ec.Q.X!.Length == 66 ? 521 : ec.Q.X.Length * 8).ToString(CultureInfo.InvariantCulture);
        return new() { ["kty"] = "EC", ["use"] = "sig", ["kid"] = id, ["crv"] = curve, ["x"] = Base64Url(ec.Q.X), ["y"] = Base64Url(ec.Q.Y!) };
    }

    private static string Base64Url(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
