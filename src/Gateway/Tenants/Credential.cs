using Gateway.Api;

namespace Gateway.Tenants;

/// <summary>The credential that a request carries: <c>Authorization: Bearer</c> or <c>x-api-key</c>, never the URL.</summary>
internal static class Credential
{
    private const string BearerPrefix = "Bearer ";

    private static readonly string[] UrlNames = ["api_key", "api-key", "apikey", "key", "x-api-key", "access_token", "token"];

    /// <summary>Reads it; null when there is none that could be valid.</summary>
    /// <param name="request">The request.</param>
    /// <param name="error">What to answer where more is known than that there is none.</param>
    public static string? Read(HttpRequest request, out ApiError? error)
    {
        var authorization = request.Headers.Authorization;
        var apiKey = request.Headers["x-api-key"];
        error = null;
        if (authorization.Count + apiKey.Count == 0)
        {
            // The value is not looked at: whether it is a good key is nobody's business here, and what stands in a URL is in logs already.
            error = request.QueryString.HasValue && UrlNames.Any(request.Query.ContainsKey) ? ApiError.KeyInUrl : null;
            return null;
        }

        var bearer = authorization.Count == 0 ? null : GetBearer(authorization.ToString());
        if (apiKey.Count == 0 && authorization.Count == 1)
        {
            return bearer;
        }

        // Which of two was meant is not ours to guess.
        if (authorization.Count > 1 || apiKey.Count > 1 || (authorization.Count == 1 && !string.Equals(bearer, apiKey.ToString(), StringComparison.Ordinal)))
        {
            error = ApiError.AmbiguousCredentials;
            return null;
        }

        return apiKey.ToString();
    }

    private static string? GetBearer(string authorization) =>
        authorization.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase) ? authorization[BearerPrefix.Length..].Trim() : null;
}
