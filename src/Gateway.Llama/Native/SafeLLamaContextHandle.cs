using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LLama.Exceptions;

namespace LLama.Native;

/// <summary>A model's working memory: KV cache, compute buffers, outputs. For one thread at a time; keeps its model alive.</summary>
internal sealed unsafe partial class SafeLLamaContextHandle : SafeLLamaHandleBase
{
    private SafeLlamaModelHandle? _model;

    public uint ContextSize => llama_n_ctx(this);

    public uint BatchSize => llama_n_batch(this);

    /// <summary>llama_memory_t; 0 for models such as BERT, which look at a whole text at once and generate none.</summary>
    public nint Memory { get; private set; }

    /// <summary>Threads for decodes of one token.</summary>
    public int GenerationThreads { get => llama_n_threads(this); set => llama_set_n_threads(this, value, BatchThreads); }

    /// <summary>Threads for decodes of several tokens.</summary>
    public int BatchThreads { get => llama_n_threads_batch(this); set => llama_set_n_threads(this, GenerationThreads, value); }

    private SafeLlamaModelHandle Model => _model ?? throw new ObjectDisposedException(nameof(SafeLLamaContextHandle));

    /// <summary>Makes a context; null when libllama could not.</summary>
    public static SafeLLamaContextHandle? TryCreate(SafeLlamaModelHandle model, LLamaContextParams parameters)
    {
        var context = llama_init_from_model(model, parameters);
        if (context.IsInvalid)
        {
            context.Dispose();
            return null;
        }

        model.Lease();
        context._model = model;
        context.Memory = llama_get_memory(context);
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
    public void SetLoraAdapters(params Span<(LoraAdapter Adapter, float Scale)> adapters)
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

    /// <summary>The logits of a batch's entry that asked for them, one for each token of the vocabulary, valid until the next decode.</summary>
    /// <exception cref="GetLogitsInvalidIndexException">There are none.</exception>
    public Span<float> GetLogitsIth(int i)
    {
        var logits = llama_get_logits_ith(this, i);
        return logits == null ? throw new GetLogitsInvalidIndexException(i) : new Span<float>(logits, Model.Vocab.Count);
    }

    /// <summary>The logits of the first tokens of a batch; empty when there is no room for any.</summary>
    public Span<float> GetLogits(int numTokens = 1)
    {
        var logits = llama_get_logits(this);
        return logits == null ? [] : new Span<float>(logits, numTokens * Model.Vocab.Count);
    }

    /// <summary>The pooled vector of a sequence of the last batch, valid until the next; empty when there is none.</summary>
    public Span<float> GetEmbeddingsSeq(LLamaSeqId seq)
    {
        var vector = llama_get_embeddings_seq(this, seq);
        return vector == null ? [] : new Span<float>(vector, Model.EmbeddingSize);
    }

    /// <summary>Forgets all sequences.</summary>
    /// <param name="data">Whether to overwrite what was kept of them too.</param>
    public void MemoryClear(bool data = true) => NativeApi.llama_memory_clear(Memory, data);

    /// <summary>Forgets a part of a sequence, where the model can; <see cref="NativeApi.llama_memory_seq_rm"/> tells whether it could.</summary>
    public void MemorySequenceRemove(LLamaSeqId seq, LLamaPos p0, LLamaPos p1) => NativeApi.llama_memory_seq_rm(Memory, seq, p0, p1);

    /// <summary>Bytes of a sequence's state.</summary>
    public nuint GetStateSize(LLamaSeqId sequence) => llama_state_seq_get_size(this, sequence);

    /// <summary>Copies a sequence's state out. Returns the bytes written, 0 when it did not fit.</summary>
    public nuint GetState(byte* dest, nuint size, LLamaSeqId sequence) => llama_state_seq_get_data(this, dest, size, sequence);

    /// <summary>Puts a state in the place of a sequence. Returns the bytes read, 0 when there was no room for it.</summary>
    public nuint SetState(byte* src, nuint size, LLamaSeqId sequence) => llama_state_seq_set_data(this, src, size, sequence);

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
    private static partial int llama_n_threads(SafeLLamaContextHandle context);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial int llama_n_threads_batch(SafeLLamaContextHandle context);

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
    private static partial nuint llama_state_seq_get_size(SafeLLamaContextHandle context, LLamaSeqId sequence);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial nuint llama_state_seq_get_data(SafeLLamaContextHandle context, byte* dest, nuint size, LLamaSeqId sequence);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial nuint llama_state_seq_set_data(SafeLLamaContextHandle context, byte* src, nuint size, LLamaSeqId sequence);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial nint llama_get_memory(SafeLLamaContextHandle context);
}
