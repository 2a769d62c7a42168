using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LLama.Native;

namespace Gateway.Llama.Tests.Native;

/// <summary>Layouts as the C compiler makes them from llama.h of release v0.5.0, 64 bit.</summary>
public sealed class StructLayoutTests
{
    [Fact]
    public void Model_params_lie_as_in_the_library()
    {
        Assert.Equal(80, Unsafe.SizeOf<LLamaModelParams>());
        AssertOffsets<LLamaModelParams>(
            ("devices", 0), ("tensor_buft_overrides", 8), ("n_gpu_layers", 16), ("split_mode", 20), ("load_mode", 24), ("lazy_mode", 28),
            ("main_gpu", 32), ("tensor_split", 40), ("_progressCallback", 48), ("progress_callback_user_data", 56), ("kv_overrides", 64),
            ("_vocabOnly", 72), ("_checkTensors", 73), ("_useExtraBufts", 74), ("_noHost", 75), ("_noAlloc", 76), ("_loadMtp", 77));
    }

    [Fact]
    public void Context_params_lie_as_in_the_library()
    {
        Assert.Equal(160, Unsafe.SizeOf<LLamaContextParams>());
        AssertOffsets<LLamaContextParams>(
            ("n_ctx", 0), ("n_batch", 4), ("n_ubatch", 8), ("n_seq_max", 12), ("n_rs_seq", 16), ("n_outputs_max", 20),
            ("n_outputs_max_per_seq", 24), ("n_threads", 28), ("n_threads_batch", 32), ("context_type", 36), ("rope_scaling_type", 40),
            ("llama_pooling_type", 44), ("attention_type", 48), ("llama_flash_attn_type", 52), ("rope_freq_base", 56), ("rope_freq_scale", 60),
            ("yarn_ext_factor", 64), ("yarn_attn_factor", 68), ("yarn_beta_fast", 72), ("yarn_beta_slow", 76), ("yarn_orig_ctx", 80),
            ("defrag_threshold", 84), ("cb_eval", 88), ("cb_eval_user_data", 96), ("type_k", 104), ("type_v", 108),
            ("abort_callback", 112), ("abort_callback_user_data", 120), ("_embeddings", 128), ("_offloadKqv", 129), ("_noPerf", 130),
            ("_opOffload", 131), ("_swaFull", 132), ("_kvUnified", 133), ("samplers", 136), ("n_samplers", 144), ("ctx_other", 152));
    }

    [Fact]
    public void A_batch_lies_as_in_the_library()
    {
        Assert.Equal(56, Unsafe.SizeOf<LLamaNativeBatch>());
        AssertOffsets<LLamaNativeBatch>(
            ("n_tokens", 0), ("tokens", 8), ("embd", 16), ("pos", 24), ("n_seq_id", 32), ("seq_id", 40), ("logits", 48));
    }

    [Fact]
    public void Candidates_lie_as_in_the_library()
    {
        Assert.Equal(12, Unsafe.SizeOf<LLamaTokenData>());
        AssertOffsets<LLamaTokenData>(("ID", 0), ("Logit", 4), ("Probability", 8));
        Assert.Equal(32, Unsafe.SizeOf<LLamaTokenDataArrayNative>());
        AssertOffsets<LLamaTokenDataArrayNative>(("_data", 0), ("_size", 8), ("_selected", 16), ("_sorted", 24));
        Assert.Equal(1, Unsafe.SizeOf<LLamaSamplerChainParams>());
    }

    [Fact]
    public void Ids_are_four_bytes()
    {
        Assert.Equal(4, Unsafe.SizeOf<LLamaToken>());
        Assert.Equal(4, Unsafe.SizeOf<LLamaPos>());
        Assert.Equal(4, Unsafe.SizeOf<LLamaSeqId>());
    }

    [Fact]
    public void Defaults_of_a_model_are_read_where_the_library_put_them()
    {
        var defaults = LLamaModelParams.Default();

        Assert.Equal((-1, 1, -1, 1, 0), (defaults.n_gpu_layers, defaults.split_mode, defaults.load_mode, defaults.lazy_mode, defaults.main_gpu));
        Assert.True(defaults.use_extra_bufts);
        Assert.False(defaults.vocab_only || defaults.check_tensors || defaults.no_host || defaults.no_alloc || defaults.load_mtp);
    }

    [Fact]
    public void Defaults_of_a_context_are_read_where_the_library_put_them()
    {
        var defaults = LLamaContextParams.Default();

        Assert.Equal((512u, 2048u, 512u, 1u), (defaults.n_ctx, defaults.n_batch, defaults.n_ubatch, defaults.n_seq_max));
        Assert.Equal((0u, 0u, 1u), (defaults.n_rs_seq, defaults.n_outputs_max, defaults.n_outputs_max_per_seq));
        Assert.Equal((4, 4), (defaults.n_threads, defaults.n_threads_batch));
        Assert.Equal((-1, -1, -1), (defaults.rope_scaling_type, defaults.attention_type, (int)defaults.llama_flash_attn_type));
        Assert.Equal(LLamaPoolingType.Unspecified, defaults.llama_pooling_type);
        Assert.Equal((GGMLType.GGML_TYPE_F16, GGMLType.GGML_TYPE_F16), (defaults.type_k, defaults.type_v));
        Assert.Equal(-1f, defaults.defrag_threshold);
        Assert.True(defaults.offload_kqv && defaults.no_perf && defaults.op_offload && defaults.swa_full);
        Assert.False(defaults.embeddings || defaults.kv_unified);
        Assert.Equal(0, defaults.ctx_other);
    }

    [Fact]
    public void The_library_tells_as_many_sequences_apart_as_the_options_allow() =>
        Assert.Equal(LlamaEngineOptions.MostSequences, NativeApi.llama_max_parallel_sequences());

    private static void AssertOffsets<T>(params (string Field, int Offset)[] expected) =>
        Assert.Equal(expected, expected.Select(field => (field.Field, (int)Marshal.OffsetOf<T>(field.Field))));
}
