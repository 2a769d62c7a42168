using Gateway.Llama.Gguf;

namespace Gateway.Llama.Tests.Gguf;

/// <summary>The structure of files: what is read of sound ones, and what is said of broken ones.</summary>
public sealed class GgufFileTests
{
    [Fact]
    public void A_file_is_read_as_it_was_written()
    {
        var builder = GgufBuilder.Model()
            .Set("x.u8", (byte)200).Set("x.u16", (ushort)60000).Set("x.u32", 4_000_000_000).Set("x.i32", -5).Set("x.u64", ulong.MaxValue).Set("x.f32", 0.5f)
            .Set("x.f64", -2.25).Set("x.bool", true).Set("x.text", "ümlaut").Set("x.list", new[] { -1, 0, 7 });

        using var file = builder.ToFile();

        Assert.Empty(file.Problems);
        Assert.Equal((3u, 32u, builder.Metadata.Count, 11), (file.Version, file.Alignment, file.Metadata.Count, file.Tensors.Count));
        Assert.Equal([200, 60000, 4e9, -5, ulong.MaxValue, 0.5, -2.25], new[] { "u8", "u16", "u32", "i32", "u64", "f32", "f64" }.Select(name => file.Metadata["x." + name].Number!.Value));
        Assert.True(file.Metadata["x.bool"].Flag);
        Assert.Equal("ümlaut", file.Text("x.text"));
        Assert.Equal([-1.0, 0, 7], file.Numbers(file.Metadata["x.list"], 100));
        Assert.Equal([-1.0], file.Numbers(file.Metadata["x.list"], 1));
        Assert.Equal(GgufBuilder.Vocabulary(), file.Strings(file.Metadata["tokenizer.ggml.tokens"]).Select(System.Text.Encoding.UTF8.GetString));
        var tensor = file.Tensors[4];
        Assert.Equal(("blk.0.attn_q.weight", "32 x 32", "F16", 1024L, 2048L), (tensor.Name, tensor.Shape, tensor.Type!.Name, tensor.Count, tensor.Size));
    }

    [Fact]
    public void Wherever_a_file_is_cut_off_that_is_said_and_nothing_is_thrown()
    {
        var bytes = GgufBuilder.Model().ToBytes();
        for (var length = 0; length < bytes.Length; length += length < 3000 ? 1 : 97)
        {
            using var file = GgufFile.Read(new MemoryStream(bytes, 0, length, writable: false));

            Assert.NotEmpty(GgufChecker.CheckModel(file));
        }
    }

    [Fact]
    public void Every_broken_tensor_is_told_by_its_name()
    {
        var builder = GgufBuilder.Model();
        builder.Find("blk.0.ffn_gate.weight").Type = 31;
        builder.Find("blk.0.attn_norm.weight").Dimensions = [0];
        builder.Find("blk.0.attn_v.weight").Dimensions = [long.MaxValue, 4];
        builder.Find("blk.0.attn_k.weight").Type = 14;
        builder.Find("blk.0.ffn_norm.weight").Offset = 1UL << 40;
        builder.Find("blk.0.ffn_down.weight").Name = new string('n', 64);
        builder.Find("blk.0.ffn_up.weight").Name = "output_norm.weight";

        using var file = builder.ToFile();

        var problems = file.Problems.Select(problem => problem.ToString()).ToList();
        AssertSome(problems, "tensor \"blk.0.ffn_gate.weight\" type: 31; libllama does not read this type any more");
        AssertSome(problems, "tensor \"blk.0.attn_norm.weight\" dimensions: 0; each must be at least 1");
        AssertSome(problems, "tensor \"blk.0.attn_v.weight\" dimensions: 9223372036854775807 x 4; that is more than can be counted");
        AssertSome(problems, "tensor \"blk.0.attn_k.weight\" dimensions: 32 x 16; rows of type Q6_K are multiples of 256 long");
        AssertSome(problems, "tensor \"blk.0.ffn_norm.weight\" data: 128 bytes from offset 1099511627776; the file has");
        AssertSome(problems, "tensor 10 name: 64 bytes; at most 63 are allowed");
        AssertSome(problems, "tensor \"output_norm.weight\": the name is there twice");
    }

    [Fact]
    public void Data_must_lie_in_order_without_holes()
    {
        var builder = GgufBuilder.Model();
        builder.Find("output_norm.weight").Offset = 0;
        using var overlapping = builder.ToFile();
        builder.Find("output_norm.weight").Offset = 20_480 + 32;
        using var hole = builder.ToFile();

        Assert.Contains(overlapping.Problems, p => p.Field == "tensor \"output_norm.weight\" offset" && p.Message == "0; it must be 20480, the aligned end of the tensor before: the two overlap");
        Assert.Contains(hole.Problems, p => p.Field == "tensor \"output_norm.weight\" offset" && p.Message.StartsWith("20512; it must be 20480", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(64u, true)]
    [InlineData(0u, false)]
    [InlineData(1u, false)]
    [InlineData(16u, false)]
    [InlineData(48u, false)]
    public void An_alignment_that_libllama_cannot_use_is_refused(uint alignment, bool isSound)
    {
        var builder = GgufBuilder.Model().Set("general.alignment", alignment);
        builder.Alignment = isSound ? alignment : 32;

        var problems = builder.Check();

        Assert.Equal(isSound ? [] : ["metadata \"general.alignment\""], problems.Select(problem => problem.Field));
    }

    [Fact]
    public void Keys_are_told_apart_and_must_be_there_once()
    {
        var builder = GgufBuilder.Model();
        builder.Metadata.Add(("general.name", GgufBuilder.Value("again")));
        builder.Metadata.Add(("", GgufBuilder.Value(1u)));
        builder.Metadata.Add(("a\0b", GgufBuilder.Value(1u)));
        builder.Metadata.Add(("\xff", GgufBuilder.Value(1u)));
        builder.Metadata.Add(("\xfe", GgufBuilder.Value(1u)));

        Assert.Equal(
            ["metadata \"general.name\": the key is there twice", "metadata key 18: the key is empty", "metadata key 19: \"a\\u0000b\" holds a NUL"],
            builder.Check().Select(problem => problem.ToString()));
    }

    [Fact]
    public void Messages_hold_nothing_that_steers_a_terminal()
    {
        var builder = GgufBuilder.Model().Set("general.architecture", "\u001b[31mred\r\n\u202eevil");
        builder.Tensors[0].Name = "\u001b[2J";

        Assert.All(builder.Check(), problem => Assert.DoesNotContain(problem.ToString(), c => char.IsControl(c) || c == '\u202e'));
    }

    [Fact]
    public void A_folder_and_a_missing_file_are_errors_of_the_system()
    {
        Assert.ThrowsAny<UnauthorizedAccessException>(() => GgufFile.Open(AppContext.BaseDirectory));
        Assert.ThrowsAny<IOException>(() => GgufFile.Open(Path.Combine(AppContext.BaseDirectory, "missing.gguf")));
    }

    private static void AssertSome(IEnumerable<string> problems, string start) => Assert.Contains(problems, problem => problem.StartsWith(start, StringComparison.Ordinal));
}
