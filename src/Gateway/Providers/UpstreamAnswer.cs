using System.Buffers;
using Gateway.Api;
using Gateway.Exchanges;
using Gateway.Llama;
using Gateway.Privacy;

namespace Gateway.Providers;

/// <summary>An upstream's answer, looked at before it goes on: either content to pass on, or the error that stands in its place.</summary>
internal readonly record struct UpstreamAnswer(HttpContent? Content, ApiError? Error)
{
    /// <summary>Whether its bytes may be others than the upstream's.</summary>
    public bool IsRewritten { get; private init; }

    // An answer in JSON is held whole, so that a broken one can still become an error. This bounds what a broken upstream can make us hold.
    private const int MaxJsonBytes = 64 * 1024 * 1024;

    // 2,048 vectors of 4,096 numbers, written out with some 20 characters each.
    private const int MaxVectorBytes = 3 * MaxJsonBytes;

    public static async ValueTask<UpstreamAnswer> ReadAsync(
        Exchange exchange, Upstream upstream, HttpResponseMessage response, TimeProvider time, CancellationToken clientGone, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        if (status >= 400)
        {
            // 502, 503 and 504 say that the service behind is not there; any other error is an answer to this request.
            exchange.FailUpstream(down: status is 502 or 503 or 504);
            exchange.Meter = null;

            // A time-out is not made good by another deployment, so its words are the client's to read.
            if (status is 502 or 503 && exchange.HasAlternatives)
            {
                return new(null, UpstreamErrors.Status(upstream, status));
            }
        }

        if (status is < 200 or (>= 300 and < 400))
        {
            return Fail(exchange, UpstreamErrors.Invalid(upstream, $"a redirect or another status that is no answer ({status}); redirects are not followed"));
        }

        if (response.Content.Headers.ContentEncoding.Count > 0)
        {
            return Fail(exchange, UpstreamErrors.Invalid(upstream, $"a compressed answer that was not asked for"));
        }

        var mediaType = response.Content.Headers.ContentType?.MediaType;
        if (status < 300 && string.Equals(mediaType, "text/event-stream", StringComparison.OrdinalIgnoreCase))
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            var events = new UpstreamEventStream(stream, exchange, upstream, time, clientGone);
            return AnswerRewriter.Of(exchange) is { } changes
                ? new(new StreamContent(new RewrittenStream(events, changes, exchange)), null) { IsRewritten = true }
                : new(new StreamContent(events), null);
        }

        var error = IsJson(mediaType)
            ? null
            : UpstreamErrors.Invalid(upstream, "an answer that is neither JSON nor an event stream");
        var body = ReadOnlyMemory<byte>.Empty;
        if (error is null)
        {
            (body, error) = await ReadJsonAsync(exchange, upstream, response, clientGone, cancellationToken);
        }

        var rewriter = error is null ? AnswerRewriter.Of(exchange) : null;
        if (rewriter is not null)
        {
            body = rewriter.Rewrite(body);
            if (rewriter.Refusal is { } refusal)
            {
                exchange.Fail(ExchangeOutcome.Refused, refusal);
                return new(null, refusal);
            }
        }

        if (error is null)
        {
            exchange.MarkFirstToken(time);
            var content = new ReadOnlyMemoryContent(body);
            content.Headers.ContentLength = body.Length;
            return new(content, null) { IsRewritten = rewriter is not null };
        }

        // An error without a body that clients can read keeps its status.
        return Fail(exchange, status >= 400 ? UpstreamErrors.Status(upstream, status) : error, down: status < 400);
    }

    private static UpstreamAnswer Fail(Exchange exchange, ApiError error, bool down = true)
    {
        exchange.FailUpstream(down, error);
        exchange.Meter = null;
        return new(null, error);
    }

    private static bool IsJson(string? mediaType) =>
        mediaType is not null
        && (mediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) || mediaType.EndsWith("+json", StringComparison.OrdinalIgnoreCase));

    private static async ValueTask<(ReadOnlyMemory<byte> Body, ApiError? Error)> ReadJsonAsync(
        Exchange exchange, Upstream upstream, HttpResponseMessage response, CancellationToken clientGone, CancellationToken cancellationToken)
    {
        var limit = exchange.Endpoint == ApiEndpoint.Embeddings ? MaxVectorBytes : MaxJsonBytes;
        var content = response.Content;
        var body = new ArrayBufferWriter<byte>((int)Math.Clamp(content.Headers.ContentLength + 1 ?? 4096, 256, 1024 * 1024));
        try
        {
            await using var stream = await content.ReadAsStreamAsync(cancellationToken);
            int read;
            while ((read = await stream.ReadAsync(body.GetMemory(256), cancellationToken)) > 0)
            {
                body.Advance(read);
                if (body.WrittenCount > limit)
                {
                    return (default, UpstreamErrors.Invalid(upstream, $"an answer of more than {limit} bytes"));
                }
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return (default, UpstreamErrors.ClosedEarly(upstream));
        }
        catch (OperationCanceledException) when (!clientGone.IsCancellationRequested)
        {
            return (default, UpstreamErrors.TimedOut(upstream));
        }

        var json = System.Runtime.InteropServices.MemoryMarshal.AsMemory(body.WrittenMemory);
        if (!UsageReader.TryReadDocument(json.Span, out var usage))
        {
            return (default, UpstreamErrors.Invalid(upstream, "an answer that is not valid JSON"));
        }

        // The texts in a reranker's answer are those of the request.
        var produced = usage is null && exchange.Endpoint.Task == ModelTask.Generate ? TokenEstimate.CountCharacters(json.Span) : 0;
        exchange.Usage = usage ?? (response.IsSuccessStatusCode ? TokenEstimate.Of(exchange.Outgoing.Body.Span, produced) : null);
        KeyMask.Apply(json.Span, upstream.ApiKeyBytes.Span);
        return (json, null);
    }
}
