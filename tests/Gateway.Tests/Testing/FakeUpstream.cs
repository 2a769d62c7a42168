using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Tests.Testing;

/// <summary>
/// An API elsewhere, down to the bytes: records what arrives and plays a script for each request. Not a web server, so that it can misbehave
/// in every way that a connection allows.
/// </summary>
internal sealed class FakeUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentQueue<UpstreamRequest> _requests = new();
    private readonly ConcurrentQueue<Exception> _failures = new();
    private readonly ConcurrentDictionary<Task, bool> _connections = new();
    private readonly Task _accepting;

    private FakeUpstream(IPAddress address, int port)
    {
        _listener = new TcpListener(address, port);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>Begins to listen on a free port of the loopback.</summary>
    public static FakeUpstream Start() => new(IPAddress.Loopback, 0);

    /// <summary>Begins to listen on another address of this machine.</summary>
    public static FakeUpstream StartAt(string address, int port = 0) => new(IPAddress.Parse(address), port);

    public int Port { get; }

    public string BaseUrl => $"http://127.0.0.1:{Port}/v1";

    /// <summary>What happens once a request has arrived whole; after it the connection takes another, unless it was closed.</summary>
    public Func<UpstreamConnection, Task> Script { get; set; } = c => c.SendAsync(Answers.Ok);

    /// <summary>How many connections were made, whether or not anything came over them.</summary>
    public int Connections => _connections.Count;

    /// <summary>All requests, in the order of their arrival.</summary>
    public IReadOnlyList<UpstreamRequest> Requests => [.. _requests];

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections.Keys);
        _ended.Dispose();
        if (!_failures.IsEmpty)
        {
            throw new AggregateException("A script of the upstream failed.", _failures);
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_ended.Token);
                _connections.TryAdd(ServeAsync(socket), true);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await Task.Yield();
        using (socket)
        await using (var registration = _ended.Token.UnsafeRegister(static s => ((Socket)s!).Dispose(), socket))
        {
            try
            {
                socket.NoDelay = true;
                await using var stream = new NetworkStream(socket);
                var reader = new WireReader(stream);
                while (await reader.ReadHeadAsync() is { } head)
                {
                    var request = new UpstreamRequest(head, await reader.ReadBodyAsync(head));
                    _requests.Enqueue(request);
                    var connection = new UpstreamConnection(request, socket, stream, reader);
                    await Script(connection);
                    if (connection.Closed)
                    {
                        break;
                    }
                }
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // The gateway closed the connection, or the test is over.
            }
            catch (Exception e)
            {
                _failures.Enqueue(e);
            }
        }
    }
}

/// <summary>A request as it arrived.</summary>
internal sealed record UpstreamRequest(WireHead Head, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>The upstream's end of a connection, for its script.</summary>
internal sealed class UpstreamConnection(UpstreamRequest request, Socket socket, Stream stream, WireReader reader)
{
    public UpstreamRequest Request { get; } = request;

    public bool Closed { get; private set; }

    /// <summary>Sends these characters as they are, a byte each above ASCII.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await stream.WriteAsync(bytes);
        await stream.FlushAsync();
    }

    /// <summary>Sends text as one chunk of a chunked body, in UTF-8.</summary>
    public Task SendChunkAsync(string text) => SendAsync(Answers.Chunk(text));

    /// <summary>Ends the connection in an orderly way.</summary>
    public void Close()
    {
        Closed = true;
        socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>Ends the connection with a reset.</summary>
    public void Reset()
    {
        Closed = true;
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Close();
    }

    /// <summary>Completes when the gateway has closed its end; until then the upstream says nothing.</summary>
    public async Task UntilGatewayClosesAsync()
    {
        Closed = true;
        try
        {
            await reader.ReadToEndAsync();
        }
        catch (IOException)
        {
            // By a reset: closed as well.
        }
    }
}
