using System.Globalization;
using System.Text.Json;
using Gateway.Configuration;

namespace Gateway.Tenants.Jwt;

/// <summary>Where an issuer's keys come from: a file, a URL, or discovery at the issuer. No other place is ever asked than the one that the operator wrote.</summary>
/// <param name="issuer">The issuer.</param>
/// <param name="jwks">As in the configuration, a file's path in full.</param>
/// <param name="client">Follows no redirects.</param>
internal sealed class JwksSource(string issuer, string? jwks, HttpClient client)
{
    // To look at a file costs nothing.
    private static readonly TimeSpan FileInterval = SigningKeys.LeastInterval;

    private readonly bool _isFile = jwks is not null && !RemoteUrl.IsUrl(jwks);

    /// <summary>For the log.</summary>
    public string Location { get; } = jwks ?? issuer.TrimEnd('/') + "/.well-known/openid-configuration";

    public TimeSpan RefreshInterval => _isFile ? FileInterval : SigningKeys.RefreshInterval;

    /// <summary>The keys, or why there are none.</summary>
    public async Task<(SigningKeySet? Keys, string? Problem)> ReadAsync()
    {
        if (_isFile)
        {
            var content = ConfigFile.Read(jwks!, SigningKeySet.LargestDocument);
            return content.Bytes is null ? (null, $"the file {content.Error}") : Parse(content.Bytes);
        }

        var (url, problem) = jwks is null ? await DiscoverAsync() : (jwks, null);
        if (url is null)
        {
            return (null, problem);
        }

        var (json, failure) = await FetchAsync(url);
        return json is null ? (null, failure) : Parse(json);
    }

    private static (SigningKeySet? Keys, string? Problem) Parse(byte[] json) =>
        SigningKeySet.Parse(json) is { } keys ? (keys, null) : (null, "it holds no key that can check a signature");

    // OpenID Connect Discovery 1.0, section 4.3: the document must name the issuer that it was asked of.
    private async Task<(string? Url, string? Problem)> DiscoverAsync()
    {
        var (json, failure) = await FetchAsync(Location);
        if (json is null)
        {
            return (null, failure);
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            var (named, url) = (TextOf(document.RootElement, "issuer"), TextOf(document.RootElement, "jwks_uri"));
            if (!string.Equals(named, issuer, StringComparison.Ordinal))
            {
                return (null, "the document is of another issuer than the one configured");
            }

            if (url is null || RemoteUrl.CheckKeys(url) is not null || !IsSameOrigin(url))
            {
                return (null, "its `jwks_uri` is not on the issuer's own host; if that is right, write it into the configuration as `jwks`");
            }

            return (url, null);
        }
        catch (JsonException)
        {
            return (null, "the document is no JSON");
        }
    }

    private static string? TextOf(JsonElement document, string name) =>
        document.ValueKind == JsonValueKind.Object && document.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private bool IsSameOrigin(string url) =>
        Uri.Compare(new Uri(url), new Uri(issuer), UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private async Task<(byte[]? Json, string? Problem)> FetchAsync(string url)
    {
        try
        {
            using var response = await client.GetAsync(url);
            return response.IsSuccessStatusCode
                ? (await response.Content.ReadAsByteArrayAsync(), null)
                : (null, string.Create(CultureInfo.InvariantCulture, $"it answers with status {(int)response.StatusCode}"));
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
        {
            return (null, e is TaskCanceledException ? "it does not answer" : e is HttpRequestException { HttpRequestError: not HttpRequestError.Unknown and var error } ? $"it cannot be reached ({error})" : "it cannot be reached");
        }
    }
}
