using System.Text;
using Gateway.Llama.Gguf;

namespace Gateway.Llama.Tests.Gguf;

/// <summary>What is refused, and by which field it is named. Each of these ends libllama's process, or is served wrongly by it.</summary>
public sealed class GgufCheckerTests
{
    public static TheoryData<string, object, string> Values => new()
    {
        { "llama.block_count", 0u, "0; it must be from 1 to 512" },
        { "llama.block_count", 513u, "513; it must be from 1 to 512" },
        { "llama.block_count", 1, "it is i32; it must be u32" },
        { "llama.context_length", 0u, "0; it must be from 1" },
        { "llama.embedding_length", 0u, "0; it must be from 1" },
        { "llama.nextn_predict_layers", 1u, "1; it must be from 0 to 0" },
        { "llama.attention.head_count", 0u, "0; a model with attention has heads" },
        { "llama.attention.head_count", new[] { 4u, 4u }, "2 elements; it must have one for each of the 1 layers" },
        { "llama.attention.head_count", 33u, "33 heads; a vector of 32" },
        { "llama.attention.head_count_kv", 3u, "3 in layer 0; it must divide the 4 heads" },
        { "llama.attention.key_length", 0u, "0; it must be from 1" },
        { "llama.attention.value_length", 16u, "16; in this architecture it must be as attention.key_length, 8" },
        { "llama.attention.layer_norm_rms_epsilon", -1f, "-1; it must be from 0 to 1" },
        { "llama.attention.layer_norm_rms_epsilon", float.NaN, "NaN; it must be a finite number" },
        { "llama.attention.layer_norm_rms_epsilon", 1e-5, "it is f64; it must be f32" },
        { "llama.logit_scale", float.PositiveInfinity, "Infinity; it must be a finite number" },
        { "llama.rope.dimension_count", 4u, "4; a head has 8 numbers, and this architecture turns all of them" },
        { "llama.rope.dimension_count", 10u, "10; a head has 8 numbers, and no more can be turned" },
        { "llama.rope.freq_base", 0f, "0; it must be more than 0" },
        { "llama.rope.scaling.type", "su", "\"su\"; it must be \"none\", \"linear\", \"yarn\" or \"longrope\"" },
        { "llama.rope.scaling.factor", -2f, "-2; it must be 0" },
        { "llama.expert_count", 2000u, "2000; it must be from 0 to 1024" },
        { "llama.expert_used_count", 2u, "2; with llama.expert_count 0 it must be 0" },
        { "llama.pooling_type", 9u, "9; it must be from 0 to 4" },
        { "llama.pooling_type", 4u, "4 (rank) without a head that ranks" },
        { "llama.embedding_length_out", 16u, "16; no tensor makes vectors of that length" },
        { "general.architecture", 7u, "it is u32; it must be a string" },
        { "general.architecture", "llamma", "knows no such architecture" },
        { "general.architecture", "clip", "an image encoder" },
        { "general.architecture", "eagle3", "a draft model" },
        { "general.type", "adapter", "the file is an adapter" },
        { "split.count", (ushort)3, "must be merged into one" },
        { "tokenizer.ggml.model", "none", "a model without a vocabulary" },
        { "tokenizer.ggml.model", "nope", "it must be one of bert, gemma4, gpt2" },
        { "tokenizer.ggml.bos_token_id", "1", "it is string; it must be u32" },
        { "tokenizer.ggml.add_bos_token", 1u, "it is u32; it must be bool" },
        { "tokenizer.ggml.tokens", new[] { 1u }, "it is array of u32; it must be an array of strings" },
        { "tokenizer.ggml.tokens", Array.Empty<string>(), "0 tokens" },
        { "tokenizer.ggml.scores", new[] { 1f }, "1 elements; there are 320 tokens" },
        { "tokenizer.ggml.token_type", new[] { 1 }, "1 elements; there are 320 tokens" },
        { "tokenizer.ggml.suppress_tokens", new[] { 1u }, "it must be an array of i32" },
        { "tokenizer.chat_template", 1u, "it is u32; it must be a string" },
        { "tokenizer.chat_template", "{% for %}", "the chat template is not valid: line 1" },
        { "tokenizer.chat_template", "{{ 1 / 0 }}", "cannot render one message: line 1: division by zero" },
        { "tokenizer.chat_template", "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", "cannot render one message" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_that_cannot_be_is_named_by_its_key(string key, object value, string message)
    {
        var problems = GgufBuilder.Model().Set(key, value).Check();

        Assert.Contains(problems, problem => problem.Field == $"metadata \"{key}\"" && problem.Message.Contains(message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("general.architecture")]
    [InlineData("llama.context_length")]
    [InlineData("llama.embedding_length")]
    [InlineData("llama.block_count")]
    [InlineData("llama.attention.head_count")]
    [InlineData("llama.attention.layer_norm_rms_epsilon")]
    [InlineData("tokenizer.ggml.model")]
    [InlineData("tokenizer.ggml.tokens")]
    public void A_key_that_is_missing_is_named(string key)
    {
        var problems = GgufBuilder.Model().Remove(key).Check();

        Assert.Contains(problems, problem => problem == new GgufProblem($"metadata \"{key}\"", "it is missing"));
    }

    [Fact]
    public void A_sound_model_has_no_problem_and_all_problems_of_a_broken_one_are_found()
    {
        Assert.Empty(GgufBuilder.Model().Check());

        var broken = GgufBuilder.Model().Set("llama.context_length", 0u).Set("llama.rope.freq_base", float.NaN).Set("tokenizer.chat_template", "{{");
        broken.Find("output_norm.weight").Data[3] = 0xff;
        broken.Find("output_norm.weight").Data[2] = 0xff;
        broken.Tensors.Remove(broken.Find("blk.0.ffn_up.weight"));
        broken.Add("extra.weight", 0, 8);

        Assert.Equal(
            [
                "metadata \"llama.context_length\"", "metadata \"llama.rope.freq_base\"", "metadata \"tokenizer.chat_template\"", "tensor \"blk.0.ffn_up.weight\"",
                "tensor \"extra.weight\"", "tensor \"output_norm.weight\" data",
            ],
            broken.Check().Select(problem => problem.Field).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Tokens_that_libllama_cannot_hold_are_found()
    {
        AssertTokens("token 300 is there before", tokens => tokens[300] = tokens[299]);
        AssertTokens("token 301 is there before", tokens => tokens[301] = "[EMPTY_300]", tokens => tokens[300] = "");
        AssertTokens("token 301 is there before", tokens => tokens[301] = tokens[300] + "\0tail");
        AssertTokens("token 310 is longer than 4096 bytes", tokens => tokens[310] = new string('x', 5000));
        AssertTokens("there is no token for the byte 65; 1 of the 256 bytes have none", tokens => tokens[3 + 'A'] = "<0xZZ>");
        var raw = GgufBuilder.Vocabulary().Select(token => (object)Encoding.UTF8.GetBytes(token)).ToArray();
        raw[305] = new byte[] { 0xe4, 0xb8 };
        Assert.Contains(GgufBuilder.Model().SetRaw("tokenizer.ggml.tokens", TokenArray(raw)).Check(), problem => problem.Message == "token 305 is not UTF-8");
    }

    [Fact]
    public void Special_tokens_that_the_tokenizer_adds_must_be_there()
    {
        // Without an id llama's own default, 1, is taken, and an id out of range is taken for none.
        Assert.Empty(GgufBuilder.Model().Remove("tokenizer.ggml.bos_token_id").Check());
        Assert.Empty(GgufBuilder.Model().Set("tokenizer.ggml.eos_token_id", 0x80000000).Check());

        var bytePairs = GgufBuilder.Model().Set("tokenizer.ggml.model", "gpt2").Set("tokenizer.ggml.pre", "glm4").Set("tokenizer.ggml.merges", new[] { "a b" })
            .Remove("tokenizer.ggml.bos_token_id");
        Assert.Equal(["metadata \"tokenizer.ggml.bos_token_id\""], bytePairs.Check().Select(problem => problem.Field));
        Assert.Empty(bytePairs.Set("tokenizer.ggml.add_bos_token", false).Check());
        Assert.Equal(["metadata \"tokenizer.ggml.pre\""], bytePairs.Set("tokenizer.ggml.pre", "nope").Check().Select(problem => problem.Field));
        Assert.Equal(["metadata \"tokenizer.ggml.pre\""], bytePairs.Set("tokenizer.ggml.pre", "whitespace").Check().Select(problem => problem.Field));
        Assert.Equal(
            ["metadata \"tokenizer.ggml.merges\""],
            bytePairs.Set("tokenizer.ggml.pre", "smollm").Remove("tokenizer.ggml.merges").Check().Select(problem => problem.Field));
    }

    [Theory]
    [InlineData("blk.0.attn_q.weight", 24u, "I8; libllama does not compute with weights of this type")]
    [InlineData("blk.0.attn_q.weight", 28u, "F64; libllama does not compute with weights of this type")]
    [InlineData("blk.0.attn_q.weight", 9u, "Q8_1; libllama does not compute with weights of this type")]
    [InlineData("blk.0.attn_norm.weight", 1u, "F16; libllama takes it as F32 only")]
    [InlineData("blk.0.attn_norm.weight", 2u, "Q4_0; libllama takes it as F32 only")]
    public void A_type_that_libllama_cannot_compute_with_is_refused(string tensor, uint type, string message)
    {
        var builder = GgufBuilder.Model();
        var changed = builder.Find(tensor);
        builder.Tensors.Remove(changed);
        builder.Add(tensor, type, changed.Dimensions);

        Assert.Contains(new GgufProblem($"tensor \"{tensor}\" type", message), builder.Check());
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(30u)]
    [InlineData(2u)]
    [InlineData(3u)]
    [InlineData(6u)]
    [InlineData(7u)]
    [InlineData(8u)]
    [InlineData(10u)]
    [InlineData(11u)]
    [InlineData(12u)]
    [InlineData(13u)]
    [InlineData(14u)]
    [InlineData(16u)]
    [InlineData(17u)]
    [InlineData(18u)]
    [InlineData(19u)]
    [InlineData(20u)]
    [InlineData(21u)]
    [InlineData(22u)]
    [InlineData(23u)]
    [InlineData(29u)]
    [InlineData(34u)]
    [InlineData(35u)]
    [InlineData(39u)]
    [InlineData(41u)]
    [InlineData(42u)]
    public void Weights_that_are_no_numbers_are_found_in_every_type(uint type)
    {
        // Enough for several reads of the scan, and not a multiple of one.
        const int Rows = 7001;
        var builder = new GgufBuilder().Add("token_embd.weight", type, 256, Rows);
        var tensor = builder.Tensors[0];
        Array.Fill(tensor.Data, (byte)0x11);
        Assert.Empty(Bad(builder));

        var known = GgmlType.Find(type)!;
        var block = (tensor.Data.Length / known.BlockBytes) - 1;
        Array.Fill(tensor.Data, (byte)0xff, block * known.BlockBytes, known.BlockBytes);

        var problem = Assert.Single(Bad(builder));
        Assert.Equal("tensor \"token_embd.weight\" data", problem.Field);
        Assert.Contains($"number {(long)block * known.BlockLength} ", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_adapter_is_checked_alone_and_against_its_model()
    {
        using var model = GgufBuilder.Model().ToFile();
        AssertAdapter(_ => { });
        AssertAdapter(a => a.Set("adapter.lora.alpha", 8u), "metadata \"adapter.lora.alpha\"");
        AssertAdapter(a => a.Set("general.type", "model"), "metadata \"general.type\"");
        AssertAdapter(a => a.Set("adapter.type", 1u), "metadata \"adapter.type\"");
        AssertAdapter(a => a.Set("general.architecture", "gemma"), "metadata \"general.architecture\"");
        AssertAdapter(a => a.Set("adapter.alora.invocation_tokens", new[] { 320u }), "metadata \"adapter.alora.invocation_tokens\"");
        AssertAdapter(a => a.Tensors.RemoveAt(1), "tensor \"blk.0.attn_q.weight.lora_b\"");
        AssertAdapter(a => a.Add("blk.0.attn_q.weight", 0, 4), "tensor \"blk.0.attn_q.weight\"");
        AssertAdapter(a => a.Tensors[0].Name = "blk.0.attn_x.weight.lora_a", "tensor \"blk.0.attn_x.weight.lora_b\"", "tensor \"blk.0.attn_q.weight.lora_a\"");
        AssertAdapter(a => Replace(a, 0, 64, 4), "tensor \"blk.0.attn_q.weight.lora_a\" dimensions");
        AssertAdapter(a => Replace(a, 0, 32, 8), "tensor \"blk.0.attn_q.weight.lora_b\" dimensions");
        AssertAdapter(a => Replace(a, 0, 32, 4, 2), "tensor \"blk.0.attn_q.weight.lora_b\" dimensions", "tensor \"blk.0.attn_q.weight.lora_a\" dimensions");

        void AssertAdapter(Action<GgufBuilder> change, params string[] fields)
        {
            var builder = GgufBuilder.Adapter();
            change(builder);
            using var file = builder.ToFile();
            Assert.Equal(fields, GgufChecker.CheckAdapter(file, model).Select(problem => problem.Field));
        }

        static void Replace(GgufBuilder builder, int at, params long[] dimensions)
        {
            builder.Add(builder.Tensors[at].Name, 0, dimensions);
            builder.Tensors[at] = builder.Tensors[^1];
            builder.Tensors.RemoveAt(builder.Tensors.Count - 1);
        }
    }

    [Fact]
    public void The_shipped_models_have_no_problem()
    {
        foreach (var path in (string[])[TestModels.Smol, TestModels.Embedding])
        {
            using var file = GgufFile.Open(path);
            Assert.Empty(GgufChecker.CheckModel(file));
        }
    }

    private static IReadOnlyList<GgufProblem> Bad(GgufBuilder builder) => [.. builder.Check().Where(problem => problem.Field.EndsWith(" data", StringComparison.Ordinal))];

    private static void AssertTokens(string message, params Action<List<string>>[] changes)
    {
        var tokens = GgufBuilder.Vocabulary();
        Array.ForEach(changes, change => change(tokens));

        var problems = GgufBuilder.Model().Set("tokenizer.ggml.tokens", tokens.ToArray()).Check();

        Assert.Contains(new GgufProblem("metadata \"tokenizer.ggml.tokens\"", message), problems);
    }

    private static byte[] TokenArray(object[] tokens)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write((uint)GgufValueType.Array);
        writer.Write((uint)GgufValueType.Text);
        writer.Write((ulong)tokens.Length);
        foreach (var token in tokens.Cast<byte[]>())
        {
            writer.Write((ulong)token.Length);
            writer.Write(token);
        }

        return stream.ToArray();
    }
}
