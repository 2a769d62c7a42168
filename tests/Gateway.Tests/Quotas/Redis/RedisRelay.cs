using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Tests.Quotas.Redis;

/// <summary>A network between a node and Redis that can fail: it can be cut, and lose the answers of commands that arrive.</summary>
internal sealed class RedisRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, bool> _ends = new();
    private readonly int _target;
    private volatile bool _isCut;
    private volatile bool _losesAnswers;

    public RedisRelay(int target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAsync();
    }

    public string ConnectionString => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Commands arrive from now on, their answers do not.</summary>
    public void LoseAnswers() => _losesAnswers = true;

    /// <summary>Breaks all connections, and each that is made.</summary>
    public void Cut()
    {
        _isCut = true;
        Break();
    }

    /// <summary>All is well again, for connections that are made anew.</summary>
    public void Mend()
    {
        (_isCut, _losesAnswers) = (false, false);
        Break();
    }

    public void Dispose()
    {
        _isCut = true;
        _listener.Dispose();
        Break();
    }

    private void Break()
    {
        foreach (var end in _ends.Keys)
        {
            end.Dispose();
        }

        _ends.Clear();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                if (_isCut)
                {
                    client.Dispose();
                    continue;
                }

                var server = new TcpClient();
                (_ends[client], _ends[server]) = (true, true);
                try
                {
                    await server.ConnectAsync(IPAddress.Loopback, _target);
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
                {
                    // It was broken while it was made, or the server is down; the next one may do better.
                    client.Dispose();
                    continue;
                }

                _ = CopyAsync(client, server, isAnswers: false);
                _ = CopyAsync(server, client, isAnswers: true);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // It was ended, or the server is gone.
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, bool isAnswers)
    {
        try
        {
            var buffer = new byte[65536];
            int length;
            while ((length = await from.GetStream().ReadAsync(buffer)) > 0)
            {
                if (!isAnswers || !_losesAnswers)
                {
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, length));
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // One end is gone; so goes the other.
        }

        from.Dispose();
        to.Dispose();
    }
}
