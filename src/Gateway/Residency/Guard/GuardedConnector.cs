using System.Net;
using System.Net.Sockets;

namespace Gateway.Residency.Guard;

/// <summary>
/// Makes every connection to an API or an issuer. The host is resolved once, all of its addresses are judged, and the connection goes to one of
/// those that were: an answer of DNS that changes in between changes nothing.
/// </summary>
internal sealed partial class GuardedConnector(HostResolver resolve, ILogger<GuardedConnector> logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>Connects to a host of one of the <paramref name="rules"/>. Where several are for one host and port, which then share connections, all must agree.</summary>
    /// <exception cref="ConnectRefusedException">None may be made.</exception>
    /// <exception cref="SocketException">The host is not known, or does not answer.</exception>
    public async ValueTask<Stream> ConnectAsync(IReadOnlyList<ConnectRule> rules, DnsEndPoint endPoint, CancellationToken cancellationToken)
    {
        if (!rules.Any(r => r.IsFor(endPoint)))
        {
            throw Refuse(endPoint, address: null, "no deployment of the model has this host and port");
        }

        var addresses = IPAddress.TryParse(endPoint.Host, out var literal) ? [literal] : await resolve(endPoint.Host, cancellationToken);
        if (addresses.Length == 0)
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }

        foreach (var address in addresses)
        {
            foreach (var rule in rules)
            {
                if (rule.IsFor(endPoint) && rule.Refuses(address) is { } reason)
                {
                    throw Refuse(endPoint, address, reason);
                }
            }
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, endPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private ConnectRefusedException Refuse(DnsEndPoint endPoint, IPAddress? address, string reason)
    {
        LogRefused(endPoint.Host, endPoint.Port, address, reason);
        return new ConnectRefusedException(reason);
    }

    [LoggerMessage(EventId = 15500, Level = LogLevel.Error, Message = "No connection to {Host}:{Port} ({Address}): {Reason}")]
    private partial void LogRefused(string host, int port, IPAddress? address, string reason);
}
