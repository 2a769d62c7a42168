using System.Net.Sockets;
using System.Text;

namespace Gateway.Tests.Testing;

/// <summary>A client that says what it likes: bytes on a connection.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private NetworkStream? _stream;

    public WireReader Reader { get; private set; } = null!;

    public static async Task<RawClient> ConnectAsync(Uri address)
    {
        var client = new RawClient();
        await client._socket.ConnectAsync(address.Host, address.Port);
        client._stream = new NetworkStream(client._socket);
        client.Reader = new WireReader(client._stream);
        return client;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public Task SendAsync(ReadOnlyMemory<byte> bytes) => _stream!.WriteAsync(bytes).AsTask();

    /// <summary>Reads one response.</summary>
    public async Task<RawResponse> ReadAsync()
    {
        var head = await Reader.ReadHeadAsync() ?? throw new EndOfStreamException("The gateway closed the connection without an answer.");
        return new RawResponse(head, await Reader.ReadBodyAsync(head, untilClose: true));
    }

    /// <summary>Vanishes with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _socket.Dispose();
    }
}

internal sealed record RawResponse(WireHead Head, byte[] Body)
{
    public int Status => Head.Status;

    public string Text => Encoding.UTF8.GetString(Body);

    public void AssertStatus(int status) => Assert.True(status == Status, $"Expected {status}, got {Status}: {Text}");
}
