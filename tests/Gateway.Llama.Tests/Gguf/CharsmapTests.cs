using System.Buffers.Binary;
using Gateway.Llama.Gguf;
using Gateway.Llama.Gguf.Checks;

namespace Gateway.Llama.Tests.Gguf;

/// <summary>The table by which unigram tokenizers normalise: libllama throws out of the tokenizer where a text leads out of it.</summary>
public sealed class CharsmapTests
{
    [Fact]
    public void The_table_of_a_published_model_is_sound_and_each_way_out_of_it_is_found()
    {
        using var file = GgufFile.Open(TestModels.Embedding);
        var table = file.Bytes(file.Metadata["tokenizer.ggml.precompiled_charsmap"]);
        Assert.Null(Charsmap.FindError(table));

        Assert.Contains("shorter", Charsmap.FindError(table.AsSpan(0, 3)), StringComparison.Ordinal);
        Assert.Contains("do not fit", Charsmap.FindError(table.AsSpan(0, 1000)), StringComparison.Ordinal);
        Assert.Contains("does not end with a NUL", Charsmap.FindError([.. table, 1]), StringComparison.Ordinal);

        // The last block of nodes cut off: what led there leads nowhere now.
        var length = BinaryPrimitives.ReadUInt32LittleEndian(table);
        var cut = (byte[])[.. BitConverter.GetBytes(length - 1024), .. table.AsSpan(4, (int)length - 1024), .. table.AsSpan(4 + (int)length)];
        Assert.Contains("a text can lead to", Charsmap.FindError(cut), StringComparison.Ordinal);

        // Without the replacements but one, what has a replacement leads to none.
        Assert.Contains("a replacement that is not there", Charsmap.FindError([.. table.AsSpan(0, 4 + (int)length), 0]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_of_nodes_that_lead_to_each_other_is_walked_once()
    {
        // Each node is the child of each other by its own last byte.
        var table = new byte[4 + (1 << 20) + 1];
        BinaryPrimitives.WriteUInt32LittleEndian(table, 1 << 20);
        for (var i = 0; i < 1 << 18; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(4 + (4 * i)), (uint)((i & 0xff) | (((i * 257) & 0x3fff) << 10)));
        }

        Assert.Null(Charsmap.FindError(table));
    }
}
