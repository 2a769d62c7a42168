using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LLama.Native;

/// <content>What LLamaSharp does not bind.</content>
internal sealed unsafe partial class SafeLlamaModelHandle
{
    /// <summary>Numbers in a pooled vector; rarely other than <see cref="EmbeddingSize"/>.</summary>
    public int EmbeddingOutputSize => llama_model_n_embd_out(this);

    /// <summary>Whether it has a state of fixed size a sequence beside the KV cache.</summary>
    public bool IsHybrid => llama_model_is_hybrid(this);

    /// <summary>Tokens that layers with a sliding window look back; 0 when there are none.</summary>
    public int SlidingWindow => llama_model_n_swa(this);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial int llama_model_n_swa(SafeLlamaModelHandle model);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    [return: MarshalAs(UnmanagedType.U1)]
    private static partial bool llama_model_is_hybrid(SafeLlamaModelHandle model);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial int llama_model_n_embd_out(SafeLlamaModelHandle model);

    internal sealed unsafe partial class Vocabulary
    {
        /// <summary>Whether a separator stands between the two texts of a pair.</summary>
        public bool ShouldAddSEP => llama_vocab_get_add_sep(_vocab);

        [LibraryImport(NativeApi.LibraryName)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        [return: MarshalAs(UnmanagedType.U1)]
        private static partial bool llama_vocab_get_add_sep(nint vocab);
    }
}
