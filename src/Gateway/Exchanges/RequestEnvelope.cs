using System.Buffers;

namespace Gateway.Exchanges;

/// <summary>
/// A request's body as it came, with the few fields that the gateway acts on and where they stand in it. The bytes are never encoded anew;
/// a change is a splice.
/// </summary>
internal sealed class RequestEnvelope(byte[] buffer, int length) : IDisposable
{
    private byte[]? _buffer = buffer;

    /// <summary>The body.</summary>
    public ReadOnlyMemory<byte> Body => _buffer.AsMemory(0, length);

    /// <summary>The model's name, as the client asked for it.</summary>
    public required string Model { get; init; }

    /// <summary>Place of the model's name in <see cref="Body"/>, with its quotes.</summary>
    public required Range ModelRange { get; init; }

    /// <summary>Whether the answer is to be streamed.</summary>
    public required bool Stream { get; init; }

    /// <summary>
    /// What makes an upstream report the usage of the stream, which the client did not ask for; null when it did, or when it asks for no stream.
    /// </summary>
    public required Splice? UsageSplice { get; init; }

    /// <summary>Gives the buffer back to the pool.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
