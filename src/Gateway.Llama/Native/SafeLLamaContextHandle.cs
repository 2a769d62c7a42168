using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>A model's working memory: KV cache, compute buffers, outputs. For one thread at a time; keeps its model alive.</summary>
internal sealed unsafe partial class SafeLLamaContextHandle : SafeLLamaHandleBase
{
    private SafeLlamaModelHandle? _model;
    private nint _memory;

    public uint ContextSize => llama_n_ctx(this);

    public uint BatchSize => llama_n_batch(this);

    /// <summary>False for models such as BERT, which look at a whole text at once and generate none.</summary>
    public bool HasMemory => _memory != 0;

    /// <summary>Threads for the decodes to come.</summary>
    public void SetThreads(int threads, int threadsBatch) => llama_set_n_threads(this, threads, threadsBatch);

    /// <summary>Makes a context; the handle is invalid when libllama could not.</summary>
    public static SafeLLamaContextHandle Create(SafeLlamaModelHandle model, LLamaContextParams parameters)
    {
        var context = llama_init_from_model(model, parameters);
        if (!context.IsInvalid)
        {
            model.Lease();
            context._model = model;
            context._memory = llama_get_memory(context);
        }

        return context;
    }

    public DecodeResult Decode(LLamaBatch batch)
    {
        // libllama asserts these, and a failed assertion ends the process.
        if (batch.TokenCount == 0 || batch.TokenCount > BatchSize)
        {
            throw new ArgumentException($"A batch takes 1 to {BatchSize} tokens, not {batch.TokenCount}.", nameof(batch));
        }

        var result = llama_decode(this, batch.ToNativeBatch());
        GC.KeepAlive(batch);
        return (DecodeResult)result;
    }

    /// <summary>Applies these LoRA adapters, and no others, to the decodes to come.</summary>
    public void SetLoraAdapters(params ReadOnlySpan<(LoraAdapter Adapter, float Scale)> adapters)
    {
        Span<nint> pointers = stackalloc nint[adapters.Length];
        Span<float> scales = stackalloc float[adapters.Length];
        for (var i = 0; i < adapters.Length; i++)
        {
            if (adapters[i].Adapter.Model != _model || !adapters[i].Adapter.Loaded)
            {
                throw new ArgumentException("The LoRA adapter was loaded for another model, or is unloaded.", nameof(adapters));
            }

            (pointers[i], scales[i]) = (adapters[i].Adapter.Pointer, adapters[i].Scale);
        }

        fixed (nint* first = pointers)
        fixed (float* firstScale = scales)
        {
            _ = llama_set_adapters_lora(this, first, (nuint)adapters.Length, firstScale);
        }
    }

    /// <summary>The logits of a batch's entry that asked for them, valid until the next decode; empty when there are none.</summary>
    public Span<float> GetLogitsIth(int index, int vocabularySize)
    {
        var logits = llama_get_logits_ith(this, index);
        return logits == null ? [] : new Span<float>(logits, vocabularySize);
    }

    /// <summary>The logits of the first tokens of a batch; empty when there is no room for any.</summary>
    public Span<float> GetLogits(int numTokens = 1)
    {
        var logits = llama_get_logits(this);
        return logits == null ? [] : new Span<float>(logits, numTokens * _model!.Vocab.Count);
    }

    /// <summary>The pooled vector of a sequence of the last batch, valid until the next; empty when there is none.</summary>
    public Span<float> GetEmbeddingsSeq(LLamaSeqId seq)
    {
        var vector = llama_get_embeddings_seq(this, seq);
        return vector == null ? [] : new Span<float>(vector, _model!.EmbeddingSize);
    }

    /// <summary>Forgets a sequence from a position on. False when the model cannot forget a part: then forget all of it.</summary>
    public bool MemorySequenceRemove(LLamaSeqId sequence, LLamaPos from) => llama_memory_seq_rm(_memory, sequence, from, -1);

    public void MemoryClear() => llama_memory_clear(_memory, false);

    protected override bool ReleaseHandle()
    {
        llama_free(handle);
        _model?.DangerousRelease();
        return true;
    }

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial SafeLLamaContextHandle llama_init_from_model(SafeLlamaModelHandle model, LLamaContextParams parameters);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial void llama_free(nint context);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial uint llama_n_ctx(SafeLLamaContextHandle context);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial uint llama_n_batch(SafeLLamaContextHandle context);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial void llama_set_n_threads(SafeLLamaContextHandle context, int threads, int threadsBatch);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial int llama_decode(SafeLLamaContextHandle context, LLamaNativeBatch batch);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial int llama_set_adapters_lora(SafeLLamaContextHandle context, nint* adapters, nuint count, float* scales);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial float* llama_get_logits_ith(SafeLLamaContextHandle context, int index);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial float* llama_get_embeddings_seq(SafeLLamaContextHandle context, LLamaSeqId sequence);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial float* llama_get_logits(SafeLLamaContextHandle context);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial nint llama_get_memory(SafeLLamaContextHandle context);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial void llama_memory_clear(nint memory, [MarshalAs(UnmanagedType.U1)] bool data);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    [return: MarshalAs(UnmanagedType.U1)]
    private static partial bool llama_memory_seq_rm(nint memory, LLamaSeqId sequence, LLamaPos from, LLamaPos to);
}
