using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Gateway.Llama.Gguf.Checks;

/// <summary>
/// Looks for weights that are NaN or infinite, which make every answer of a model noise. Of quantised blocks the scales tell. The file is
/// read once from its beginning to its end; libllama finds it in the system's cache after that.
/// </summary>
internal static class WeightCheck
{
    private const int ChunkBytes = 1 << 20;

    public static void Run(GgufFile file, GgufProblems problems, CancellationToken cancellationToken)
    {
        if (file.DataPosition == 0)
        {
            return;
        }

        var buffer = new byte[ChunkBytes];
        foreach (var tensor in file.Tensors)
        {
            // What lies outside of the file is reported already.
            if (tensor is not { Type: { Use: GgmlTypeUse.Weights } type, Size: { } size } || tensor.Offset > (ulong)(file.Length - file.DataPosition))
            {
                continue;
            }

            if (FindBadBlock(file, tensor, type, size, buffer, cancellationToken) is { } block)
            {
                problems.Add(tensor.Field + " data", string.Create(
                    CultureInfo.InvariantCulture,
                    $"the {(type.IsQuantized ? "scale of the weights from number" : "weight number")} {block * type.BlockLength} is not a finite number"));
            }
        }
    }

    private static long? FindBadBlock(GgufFile file, GgufTensor tensor, GgmlType type, long size, byte[] buffer, CancellationToken cancellationToken)
    {
        var blocks = buffer.Length / type.BlockBytes;
        var position = file.DataPosition + (long)tensor.Offset;
        for (var done = 0L; done < size / type.BlockBytes; done += blocks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var chunk = buffer.AsSpan(0, (int)Math.Min((long)blocks * type.BlockBytes, size - (done * type.BlockBytes)));
            if (!file.TryReadAt(position + (done * type.BlockBytes), chunk))
            {
                return null;
            }

            if (FindBad(type, chunk) is >= 0 and var found)
            {
                return done + found;
            }
        }

        return null;
    }

    // The number of the first block that is bad, -1 for none.
    private static int FindBad(GgmlType type, ReadOnlySpan<byte> chunk) => type.Name switch
    {
        "F32" => FindExponent(MemoryMarshal.Cast<byte, uint>(chunk), 0x7f80_0000u),
        "F16" => FindExponent<ushort>(MemoryMarshal.Cast<byte, ushort>(chunk), 0x7c00),
        "BF16" => FindExponent<ushort>(MemoryMarshal.Cast<byte, ushort>(chunk), 0x7f80),
        "MXFP4" => FindByte(chunk, type.BlockBytes, 0xff),
        "IQ1_M" => FindSplitScale(chunk, type.BlockBytes),
        _ => FindScale(chunk, type),
    };

    // NaN and infinity are the numbers whose exponent is all ones.
    private static int FindExponent<T>(ReadOnlySpan<T> numbers, T mask)
        where T : unmanaged, IBinaryInteger<T>
    {
        var i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            var masks = new Vector<T>(mask);
            for (; i + Vector<T>.Count <= numbers.Length; i += Vector<T>.Count)
            {
                if (Vector.EqualsAny(new Vector<T>(numbers[i..]) & masks, masks))
                {
                    break;
                }
            }
        }

        for (; i < numbers.Length; i++)
        {
            if ((numbers[i] & mask) == mask)
            {
                return i;
            }
        }

        return -1;
    }

    private static int FindScale(ReadOnlySpan<byte> chunk, GgmlType type)
    {
        foreach (var offset in type.Scales)
        {
            // The high byte of a half holds its exponent.
            for (var at = offset + 1; at < chunk.Length; at += type.BlockBytes)
            {
                if ((chunk[at] & 0x7c) == 0x7c)
                {
                    return at / type.BlockBytes;
                }
            }
        }

        return -1;
    }

    private static int FindByte(ReadOnlySpan<byte> chunk, int blockBytes, byte bad)
    {
        for (var at = 0; at < chunk.Length; at += blockBytes)
        {
            if (chunk[at] == bad)
            {
                return at / blockBytes;
            }
        }

        return -1;
    }

    // IQ1_M keeps the four digits of its half in the high digits of four others, the exponent's in the last two.
    private static int FindSplitScale(ReadOnlySpan<byte> chunk, int blockBytes)
    {
        const int Scales = 48;
        for (var at = 0; at < chunk.Length; at += blockBytes)
        {
            var high = (chunk[at + Scales + 7] & 0xf0) | (chunk[at + Scales + 5] >> 4);
            if ((high & 0x7c) == 0x7c)
            {
                return at / blockBytes;
            }
        }

        return -1;
    }
}
