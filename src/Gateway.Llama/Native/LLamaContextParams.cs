using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>llama_context_params. Take it from <see cref="Default"/>, then change what is needed.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LLamaContextParams
{
    public uint n_ctx;
    public uint n_batch;
    public uint n_ubatch;
    public uint n_seq_max;
    public uint n_rs_seq;
    public uint n_outputs_max;
    public uint n_outputs_max_per_seq;
    public int n_threads;
    public int n_threads_batch;
    public int context_type;
    public int rope_scaling_type;
    public LLamaPoolingType llama_pooling_type;
    public int attention_type;
    public LLamaFlashAttentionType llama_flash_attn_type;
    public float rope_freq_base;
    public float rope_freq_scale;
    public float yarn_ext_factor;
    public float yarn_attn_factor;
    public float yarn_beta_fast;
    public float yarn_beta_slow;
    public uint yarn_orig_ctx;
    public float defrag_threshold;
    public nint cb_eval;
    public nint cb_eval_user_data;
    public GGMLType type_k;
    public GGMLType type_v;

    /// <summary>A bool(void*), asked between the nodes of a graph; true ends the decode with <see cref="DecodeResult.ComputeAborted"/>.</summary>
    public nint abort_callback;
    public nint abort_callback_user_data;
    private byte _embeddings;
    private readonly byte _offloadKqv;
    private readonly byte _noPerf;
    private readonly byte _opOffload;
    private readonly byte _swaFull;
    private byte _kvUnified;
    public nint samplers;
    public nuint n_samplers;
    public nint ctx_other;

    public bool embeddings { readonly get => _embeddings != 0; set => _embeddings = value ? (byte)1 : (byte)0; }

    public readonly bool offload_kqv => _offloadKqv != 0;

    public readonly bool no_perf => _noPerf != 0;

    public readonly bool op_offload => _opOffload != 0;

    public readonly bool swa_full => _swaFull != 0;

    /// <summary>One pool of cells for all sequences, rather than an equal share for each.</summary>
    public bool kv_unified { readonly get => _kvUnified != 0; set => _kvUnified = value ? (byte)1 : (byte)0; }

    public static LLamaContextParams Default() => NativeApi.llama_context_default_params();
}
