using Gateway.Api;
using Microsoft.Extensions.Primitives;

namespace Gateway.Tenants;

/// <summary>The credential that a request carries: <c>Authorization: Bearer</c>, <c>x-api-key</c> or, as Azure's clients send it, <c>api-key</c>; never the URL.</summary>
internal static class Credential
{
    private const string BearerPrefix = "Bearer ";

    private static readonly string[] UrlNames = ["api_key", "api-key", "apikey", "key", "x-api-key", "access_token", "token"];

    /// <summary>Reads it; null when there is none that could be valid.</summary>
    /// <param name="request">The request.</param>
    /// <param name="error">What to answer where more is known than that there is none.</param>
    public static string? Read(HttpRequest request, out ApiError? error)
    {
        var (authorization, apiKey, azureKey) = (request.Headers.Authorization, request.Headers["x-api-key"], request.Headers["api-key"]);
        error = null;
        if (authorization.Count + apiKey.Count + azureKey.Count == 0)
        {
            // The value is not looked at: whether it is a good key is nobody's business here, and what stands in a URL is in logs already.
            error = request.QueryString.HasValue && UrlNames.Any(request.Query.ContainsKey) ? ApiError.KeyInUrl : null;
            return null;
        }

        var key = authorization.Count > 0 ? GetBearer(authorization.ToString()) : (apiKey.Count > 0 ? apiKey : azureKey).ToString();

        // Which of two was meant is not ours to guess.
        if (authorization.Count > 1 || IsAnother(apiKey, key) || IsAnother(azureKey, key))
        {
            error = ApiError.AmbiguousCredentials;
            return null;
        }

        return key;
    }

    private static bool IsAnother(StringValues header, string? key) =>
        header.Count > 1 || (header.Count == 1 && !string.Equals(header.ToString(), key, StringComparison.Ordinal));

    private static string? GetBearer(string authorization) =>
        authorization.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase) ? authorization[BearerPrefix.Length..].Trim() : null;
}
