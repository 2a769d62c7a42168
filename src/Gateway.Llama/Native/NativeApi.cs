using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace LLama.Native;

/// <summary>
/// The part of llama.h (release v0.5.0) that the engine uses. What belongs to a model, a context or a sampler is at its handle's class.
/// Types and members are named as in LLamaSharp's namespace of the same name, so that the package can take this folder's
/// place: where it differs, <c>LLamaSharp/</c> holds what is missing.
/// </summary>
internal static unsafe partial class NativeApi
{
    internal const string LibraryName = "llama";
    internal const string GgmlLibraryName = "ggml";

    static NativeApi()
    {
        NativeLibrary.SetDllImportResolver(typeof(NativeApi).Assembly, static (name, _, _) => NativeLibraryDirectory.Resolve(name));

        // The log first, so that nothing goes to stderr. Then the compute backends, from our folder only: without them every load fails,
        // and the plain load_all would search the working directory too.
        NativeLogConfig.Install();
        ggml_backend_load_all_from_path(NativeLibraryDirectory.Path);
        llama_backend_init();
    }

    /// <summary>Loads the library, if it is not loaded yet.</summary>
    public static void llama_empty_call() => RuntimeHelpers.RunClassConstructor(typeof(NativeApi).TypeHandle);

    /// <summary>Number of sequences that a context can hold at most.</summary>
    [LibraryImport(LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial long llama_max_parallel_sequences();

    /// <summary>Forgets a sequence's positions from <paramref name="p0"/> to before <paramref name="p1"/>, where -1 is the end. False when the
    /// model cannot forget a part of a sequence.</summary>
    /// <param name="mem">A context's <see cref="SafeLLamaContextHandle.Memory"/>.</param>
    /// <param name="seq">The sequence.</param>
    /// <param name="p0">The first position.</param>
    /// <param name="p1">The position after the last.</param>
    [LibraryImport(LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    [return: MarshalAs(UnmanagedType.U1)]
    public static partial bool llama_memory_seq_rm(nint mem, LLamaSeqId seq, LLamaPos p0, LLamaPos p1);

    /// <summary>Gives a sequence's positions from <paramref name="p0"/> to before <paramref name="p1"/> to another sequence too.</summary>
    /// <param name="mem">A context's <see cref="SafeLLamaContextHandle.Memory"/>.</param>
    /// <param name="src">The sequence that has them; libllama ends the process for one that the context was not made for.</param>
    /// <param name="dest">The one that gets them; likewise.</param>
    /// <param name="p0">The first position.</param>
    /// <param name="p1">The position after the last.</param>
    [LibraryImport(LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial void llama_memory_seq_cp(nint mem, LLamaSeqId src, LLamaSeqId dest, LLamaPos p0, LLamaPos p1);

    /// <summary>The smallest position of a sequence that all layers have, -1 when there is none.</summary>
    /// <param name="mem">A context's <see cref="SafeLLamaContextHandle.Memory"/>.</param>
    /// <param name="seq">The sequence.</param>
    [LibraryImport(LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial LLamaPos llama_memory_seq_pos_min(nint mem, LLamaSeqId seq);

    [LibraryImport(LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial void llama_memory_clear(nint mem, [MarshalAs(UnmanagedType.U1)] bool data);

    [LibraryImport(LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial LLamaModelParams llama_model_default_params();

    [LibraryImport(LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial LLamaContextParams llama_context_default_params();

    [LibraryImport(LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial LLamaSamplerChainParams llama_sampler_chain_default_params();

    [LibraryImport(LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    internal static partial void llama_log_set(delegate* unmanaged[Cdecl]<LLamaLogLevel, byte*, nint, void> callback, nint userData);

    [LibraryImport(LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial void llama_backend_init();

    [LibraryImport(GgmlLibraryName, StringMarshalling = StringMarshalling.Utf8)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial void ggml_backend_load_all_from_path(string directory);
}
