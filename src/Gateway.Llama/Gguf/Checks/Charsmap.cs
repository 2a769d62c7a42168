using System.Buffers.Binary;
using System.Collections;
using System.Globalization;
using System.Numerics;

namespace Gateway.Llama.Gguf.Checks;

/// <summary>
/// The normalisation table of a unigram tokenizer: 4 bytes of length, then a XOR-compressed double array of u32, then replacements that end
/// with NUL. libllama walks through it with the user's text and throws out of the tokenizer where a step leaves it, so each step that a text
/// could take is taken here.
/// </summary>
internal static class Charsmap
{
    /// <summary>Published ones have some 300,000 bytes.</summary>
    public const int Longest = 4 << 20;

    /// <summary>What is wrong with it, null when nothing is.</summary>
    public static string? FindError(ReadOnlySpan<byte> table)
    {
        if (table.Length < sizeof(uint))
        {
            return "it is shorter than its length of 4 bytes";
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(table);
        if (length % sizeof(uint) != 0 || length >= table.Length - sizeof(uint))
        {
            return string.Create(CultureInfo.InvariantCulture, $"its array of {length} bytes and the replacements do not fit into {table.Length} bytes");
        }

        var nodes = new uint[length / sizeof(uint)];
        for (var i = 0; i < nodes.Length; i++)
        {
            nodes[i] = BinaryPrimitives.ReadUInt32LittleEndian(table[(sizeof(uint) * (i + 1))..]);
        }

        var replacements = table[(sizeof(uint) + (int)length)..];
        if (replacements[^1] != 0)
        {
            return "its last replacement does not end with a NUL";
        }

        return nodes.Length == 0 ? null : Walk(nodes, replacements.Length);
    }

    private static string? Walk(uint[] nodes, int replacements)
    {
        var visited = new BitArray(nodes.Length);
        var open = new Stack<uint>();
        open.Push(Base(nodes[0]));
        while (open.TryPop(out var state))
        {
            // Of a state, each byte but 0 leads to a node of the same 256.
            if ((state | 0xff) >= nodes.Length)
            {
                return string.Create(CultureInfo.InvariantCulture, $"a text can lead to node {state} of {nodes.Length}");
            }

            if (visited[(int)state])
            {
                continue;
            }

            visited[(int)state] = true;
            for (var value = 1u; value <= 0xff; value++)
            {
                var index = state ^ value;
                var node = nodes[index];
                if ((node & 0x800000ff) != value)
                {
                    continue;
                }

                var next = index ^ Base(node);
                if (BitOperations.TrailingZeroCount(node >> 8) == 0)
                {
                    if (next >= nodes.Length || (nodes[next] & 0x7fffffff) >= replacements)
                    {
                        return "a text can lead to a replacement that is not there";
                    }
                }

                open.Push(next);
            }
        }

        return null;
    }

    private static uint Base(uint node) => (node >> 10) << (int)((node & (1u << 9)) >> 6);
}
