using System.Net.Sockets;
using System.Security.Authentication;

namespace Gateway.Residency.Guard;

/// <summary>
/// Takes an upstream's words out of what is thrown: the framework quotes a broken status line or header, which may hold a prompt, and whoever
/// logs the exception would log that.
/// </summary>
internal sealed class ScrubbingHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            // What the system says of a connection or of a certificate quotes nobody.
            var cause = e.InnerException is ConnectRefusedException or SocketException or AuthenticationException ? e.InnerException : null;
            throw new HttpRequestException(e.HttpRequestError, $"The upstream did not answer ({e.HttpRequestError}).", cause);
        }
    }
}
