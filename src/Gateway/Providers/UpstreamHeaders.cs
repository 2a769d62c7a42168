using System.Collections.Frozen;

namespace Gateway.Providers;

/// <summary>
/// Headers of a client's request that leave: those that change the answer, and those that the operator names. All others stay here, for who sends what is
/// not the upstream's to know.
/// </summary>
internal static class UpstreamHeaders
{
    private const string ForwardedPrefix = "X-Forwarded-";
    private const string GatewayPrefix = "x-gateway-";

    private static readonly FrozenSet<string> Passed = new[]
    {
        "Accept", "Content-Type",

        // The same request, sent again, is answered once.
        "Idempotency-Key",

        // What the API is asked to be like.
        "OpenAI-Beta", "anthropic-beta", "anthropic-version",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Withheld = new[]
    {
        // The client's credentials, and its account at the provider.
        "Authorization", "Proxy-Authorization", "Cookie", "x-api-key", "api-key", "x-goog-api-key", "OpenAI-Organization", "OpenAI-Project",

        // Where the client is, and by what way the request came.
        "Forwarded", "Via", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "X-Original-Forwarded-For", "X-Envoy-External-Address", "X-Azure-ClientIP",
        "True-Client-IP", "CF-Connecting-IP", "Fastly-Client-IP", "Fly-Client-IP", "Origin", "Referer",

        // What the client calls the request in its own traces (W3C Trace Context and Baggage, and what came before them), and says to this gateway.
        "traceparent", "tracestate", "baggage", "Request-Id", "Correlation-Context", "x-data-class",

        // Ask for something else than the answer, which would then look broken.
        "Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since",

        // Belong to this connection (RFC 9110, 7.6.1), or are set anew.
        "Host", "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings", "Expect",
        "Content-Length", "Accept-Encoding", "Alt-Svc",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a header never leaves, whatever the operator says.</summary>
    public static bool IsWithheld(string name) =>
        Withheld.Contains(name)
        || name.StartsWith(ForwardedPrefix, StringComparison.OrdinalIgnoreCase)
        || name.StartsWith(GatewayPrefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>The headers that an upstream gets.</summary>
    /// <param name="more">Names that the operator adds, none of them withheld.</param>
    public static FrozenSet<string> PassedWith(IReadOnlyList<string> more) =>
        more.Count == 0 ? Passed : Passed.Concat(more).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
