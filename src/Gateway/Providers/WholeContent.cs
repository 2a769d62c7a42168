using System.Net;

namespace Gateway.Providers;

/// <summary>
/// A request's body that goes out together with its headers. YARP flushes the headers first, since most bodies come in while they go out; ours are
/// read whole before that, so the extra write, packet and wake-up of the upstream would be for nothing.
/// </summary>
internal sealed class WholeContent : HttpContent
{
    // Beyond it one write more is nothing, and YARP counts each piece sent as a sign of life, which a slow line needs.
    private const int Longest = 64 * 1024;

    private static readonly HttpRequestOptionsKey<WholeContent> Key = new("gateway.whole-content");

    private readonly SplicedBody _body;

    private WholeContent(SplicedBody body) => _body = body;

    /// <summary>Offers the body to <see cref="Handler"/>: YARP does not let its transformers replace the content.</summary>
    /// <returns>The content that will be sent, for its headers.</returns>
    public static HttpContent Offer(HttpRequestMessage request, SplicedBody body)
    {
        if (body.Length > Longest)
        {
            return request.Content!;
        }

        var content = new WholeContent(body);
        request.Options.Set(Key, content);
        return content;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // Of its own: an upstream that answers before it has read all ends the exchange, and another one may have the exchange's buffer while this
        // is still on its way.
        var bytes = GC.AllocateUninitializedArray<byte>((int)_body.Length);
        await _body.ReadExactlyAsync(bytes, cancellationToken);
        await stream.WriteAsync(bytes, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length;
        return true;
    }

    /// <summary>Sends what was offered in the place of YARP's content, which is then never read.</summary>
    internal sealed class Handler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Options.TryGetValue(Key, out var content))
            {
                request.Content = content;
            }

            return base.SendAsync(request, cancellationToken);
        }
    }
}
