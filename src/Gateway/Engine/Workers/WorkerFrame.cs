using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace Gateway.Engine.Workers;

/// <summary>What a frame holds. The gateway sends the first three, the worker the others.</summary>
internal enum WorkerFrameKind : byte
{
    /// <summary>A <see cref="WorkerCall"/>.</summary>
    Call,

    /// <summary>The request's body, behind the call.</summary>
    Body,

    /// <summary>The gateway is being stopped: what is being made is to end, and its client to be told so. Nothing follows.</summary>
    Stop,

    /// <summary>A <see cref="WorkerHead"/>.</summary>
    Head,

    /// <summary>Bytes of the answer's body.</summary>
    Data,

    /// <summary>Tokens used so far.</summary>
    Usage,

    /// <summary>A <see cref="WorkerEnd"/>; nothing follows.</summary>
    End,
}

/// <summary>
/// The frames that go between gateway and worker: a byte that tells the kind, the length in four (little endian), the content. HTTP would not do as well: here a client's
/// leaving is told by closing one direction, and what was used until then still comes back by the other.
/// </summary>
internal static class WorkerFrame
{
    private const int HeaderLength = 5;

    public static void Write(IBufferWriter<byte> output, WorkerFrameKind kind, ReadOnlySpan<byte> content)
    {
        var span = output.GetSpan(HeaderLength + content.Length);
        span[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(span[1..], content.Length);
        content.CopyTo(span[HeaderLength..]);
        output.Advance(HeaderLength + content.Length);
    }

    public static void WriteJson<T>(IBufferWriter<byte> output, WorkerFrameKind kind, T content) =>
        Write(output, kind, JsonSerializer.SerializeToUtf8Bytes(content, WorkerJson.Options));

    /// <summary>Takes the next frame out of what has arrived; false when it is not all there.</summary>
    public static bool TryRead(ref ReadOnlySequence<byte> arrived, out WorkerFrameKind kind, out ReadOnlySequence<byte> content)
    {
        var reader = new SequenceReader<byte>(arrived);
        content = default;
        kind = default;
        if (!reader.TryRead(out var first) || !reader.TryReadLittleEndian(out int length) || reader.Remaining < length)
        {
            return false;
        }

        kind = (WorkerFrameKind)first;
        content = arrived.Slice(HeaderLength, length);
        arrived = arrived.Slice(content.End);
        return true;
    }

    public static T ReadJson<T>(in ReadOnlySequence<byte> content)
    {
        var reader = new Utf8JsonReader(content);
        return JsonSerializer.Deserialize<T>(ref reader, WorkerJson.Options)!;
    }
}
