using System.Collections.Frozen;
using System.Net.Http.Headers;
using Gateway.Exchanges;
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
    private static readonly FrozenSet<string> WithheldHeaders = new[]
    {
        // The client's credentials, and its account at the provider.
        "Authorization", "Proxy-Authorization", "Cookie", "x-api-key", "api-key", "x-goog-api-key", "OpenAI-Organization", "OpenAI-Project",

        // Where the client is, and by what way the request came.
        "Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Real-IP",
        "True-Client-IP", "CF-Connecting-IP", "Origin", "Referer", "baggage",

        // Belong to this connection (RFC 9110, 7.6.1), or are set anew.
        "Host", "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings", "Expect",
        "Content-Length", "Accept-Encoding", "Alt-Svc",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public override ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        var exchange = httpContext.GetExchange();
        var upstream = exchange.Deployment!.Upstream!;
        var envelope = exchange.Envelope;
        var body = upstream.ModelJson.IsEmpty
            ? new SplicedBody(envelope.Body)
            : new SplicedBody(envelope.Body, envelope.ModelRange, upstream.ModelJson);

        httpContext.Request.Body = body;
        proxyRequest.RequestUri = upstream.UriOf(exchange.Endpoint);
        foreach (var (name, values) in httpContext.Request.Headers)
        {
            if (!WithheldHeaders.Contains(name) && !name.StartsWith(':') && !TryAdd(proxyRequest.Headers, name, values))
            {
                TryAdd(proxyRequest.Content!.Headers, name, values);
            }
        }

        proxyRequest.Content!.Headers.ContentLength = body.Length;

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
                exchange.FailUpstream(down: true, UpstreamErrors.From(upstream, httpContext.GetForwarderErrorFeature()!));
            }

            return false;
        }

        var answer = await UpstreamAnswer.ReadAsync(exchange, upstream, proxyResponse, time, httpContext.RequestAborted, cancellationToken);
        if (answer.Error is { } error)
        {
            // The body is written at the outermost layer, if no other deployment has answered by then.
            httpContext.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = null;
            httpContext.Response.StatusCode = error.Status;
            CopyRetryAfter(proxyResponse, httpContext.Response);
            return false;
        }

        if (proxyResponse.Headers.NonValidated.Contains(RequestIds.Header))
        {
            httpContext.Response.Headers.Remove(RequestIds.Header);
        }

        await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        WithholdKey(httpContext.Response.Headers, upstream.ApiKey);
        proxyResponse.Content = answer.Content;
        httpContext.Response.ContentLength = answer.Content!.Headers.ContentLength;
        return true;
    }

    private static bool TryAdd(HttpHeaders headers, string name, StringValues values) =>
        values.Count == 1 ? headers.TryAddWithoutValidation(name, values.ToString()) : headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values.ToArray());

    private static void CopyRetryAfter(HttpResponseMessage source, HttpResponse target)
    {
        if (source.Headers.NonValidated.TryGetValues("Retry-After", out var retryAfter))
        {
            target.Headers.RetryAfter = retryAfter.ToString();
        }
    }

    // An upstream that echoes its key in a header loses the header.
    private static void WithholdKey(IHeaderDictionary headers, string? key)
    {
        if (key is null)
        {
            return;
        }

        foreach (var (name, values) in headers)
        {
            if (values.ToString().Contains(key, StringComparison.Ordinal))
            {
                headers.Remove(name);
            }
        }
    }
}
