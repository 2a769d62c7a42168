using System.Buffers;
using System.Collections.Frozen;
using System.Net.Http.Headers;
using Gateway.Exchanges;
using Gateway.Residency;
using Gateway.Tenants;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Providers;

/// <summary>
/// The edge of the forwarder. On the way out: the upstream's URL, key and model name in place of the client's. On the way back: headers and
/// bytes as the upstream sent them, as long as they are an answer; a redirect, another content type or a broken body become an error.
/// </summary>
internal sealed class UpstreamTransformer(TimeProvider time) : HttpTransformer
{
    // A shorter key of the client, such as a demonstration's, may be part of any header by chance.
    private const int ShortestSecret = 16;

    // What an upstream says to browsers about its own host is not true of ours.
    private static readonly FrozenSet<string> WithheldAnswerHeaders = new[] { "Set-Cookie", "Strict-Transport-Security", "Clear-Site-Data", "Trailer" }
        .ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // Of bytes that the client does not get where the answer was changed.
    private static readonly FrozenSet<string> DigestHeaders = new[] { "Digest", "Content-MD5", "Content-Digest", "Repr-Digest", "ETag" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // All that a header's value must not hold (RFC 9110, 5.5).
    private static readonly SearchValues<char> Controls = SearchValues.Create([.. Enumerable.Range(0, ' ').Where(c => c != '\t').Select(c => (char)c), '\u007F']);

    public override ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        var exchange = httpContext.GetExchange();
        var upstream = exchange.Deployment!.Upstream!;
        var envelope = exchange.Outgoing;
        var body = new SplicedBody(
            envelope.Body,
            upstream.ModelJson.IsEmpty ? default : new Splice(envelope.ModelRange, upstream.ModelJson),
            upstream.AsksForUsage(exchange) ? envelope.UsageSplice!.Value : default,
            upstream.CapOf(exchange) ?? default);

        httpContext.Request.Body = body;
        proxyRequest.RequestUri = upstream.UriOf(exchange.Endpoint);

        // From then on a client that goes away has used its prompt at least, whatever else the upstream has computed when it hears of that.
        body.Leaving = () => exchange.Meter = () => TokenEstimate.Of(envelope.Body.Span, 0);
        var content = WholeContent.Offer(proxyRequest, body);
        var headers = httpContext.Request.Headers;
        var key = Credential.Read(httpContext.Request, out _);
        var hops = headers.GetCommaSeparatedValues("Connection");
        foreach (var (name, values) in headers)
        {
            if (upstream.PassedHeaders.Contains(name) && !Holds(values, key) && !hops.Contains(name, StringComparer.OrdinalIgnoreCase)
                && !TryAdd(proxyRequest.Headers, name, values))
            {
                TryAdd(content.Headers, name, values);
            }
        }

        content.Headers.ContentLength = body.Length;

        // The client's own would tell what software it is; some hosts refuse requests without any.
        proxyRequest.Headers.TryAddWithoutValidation("User-Agent", "Gateway");

        // The answer is read on its way (usage, completeness), so it must not come compressed.
        proxyRequest.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        if (upstream.Authorization is { } authorization)
        {
            proxyRequest.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        return ValueTask.CompletedTask;
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var exchange = httpContext.GetExchange();
        var upstream = exchange.Deployment!.Upstream!;
        if (proxyResponse is null)
        {
            if (!httpContext.RequestAborted.IsCancellationRequested)
            {
                exchange.Meter = null;

                // A request that could not even be made says nothing about the upstream.
                var error = httpContext.GetForwarderErrorFeature()!;
                exchange.FailUpstream(down: error.Error != ForwarderError.RequestCreation, UpstreamErrors.From(upstream, error));
            }

            return false;
        }

        var answer = await UpstreamAnswer.ReadAsync(exchange, upstream, proxyResponse, time, httpContext.RequestAborted, cancellationToken);
        Withhold(proxyResponse.Headers, upstream.ApiKey, answer.IsRewritten);
        Withhold(proxyResponse.Content.Headers, upstream.ApiKey, answer.IsRewritten);

        // Words of the upstream that no client reads, but which may hold anything.
        httpContext.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = null;
        if (answer.Error is { } failure)
        {
            // The body is written at the outermost layer, if no other deployment has answered by then.
            httpContext.Response.StatusCode = failure.Status;
            CopyRetryAfter(proxyResponse, httpContext.Response);
            return false;
        }

        if (proxyResponse.Headers.NonValidated.Contains(RequestIds.Header))
        {
            httpContext.Response.Headers.Remove(RequestIds.Header);
        }

        await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        proxyResponse.Content = answer.Content;
        httpContext.Response.ContentLength = answer.Content!.Headers.ContentLength;
        return true;
    }

    // An answer's framing ends with its body; what an upstream sends behind it is not looked at, so it is not passed on.
    public override ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken) =>
        ValueTask.CompletedTask;

    // What the operator's account may use is not what the client may.
    private static bool IsRateLimit(string name) => name.StartsWith("x-ratelimit-", StringComparison.OrdinalIgnoreCase);

    private static bool TryAdd(HttpHeaders headers, string name, StringValues values) =>
        values.Count == 1 ? headers.TryAddWithoutValidation(name, values.ToString()) : headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values.ToArray());

    private static void CopyRetryAfter(HttpResponseMessage source, HttpResponse target)
    {
        if (source.Headers.NonValidated.TryGetValues("Retry-After", out var retryAfter))
        {
            target.Headers.RetryAfter = retryAfter.ToString();
        }
    }

    private static bool Holds(StringValues values, string? key) =>
        key is { Length: >= ShortestSecret } && values.ToString().Contains(key, StringComparison.Ordinal);

    // A header in which an upstream echoes its key is lost whole; so is one that Kestrel would not write.
    private static void Withhold(HttpHeaders headers, string? key, bool isRewritten)
    {
        List<string>? withheld = null;
        foreach (var (name, values) in headers.NonValidated)
        {
            var text = values.ToString();
            if (WithheldAnswerHeaders.Contains(name) || (isRewritten && DigestHeaders.Contains(name)) || IsRateLimit(name) || name.StartsWith(ResidencyHeaders.Prefix, StringComparison.OrdinalIgnoreCase)
                || (key is not null && text.Contains(key, StringComparison.Ordinal)) || text.AsSpan().ContainsAny(Controls))
            {
                (withheld ??= []).Add(name);
            }
        }

        withheld?.ForEach(name => headers.Remove(name));
    }
}
