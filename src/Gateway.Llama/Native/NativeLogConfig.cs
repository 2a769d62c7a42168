using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>Where libllama's messages, one stream for the process, go.</summary>
internal static unsafe class NativeLogConfig
{
    private static LLamaLogCallback? Callback;

    /// <summary>Takes a message, or a piece of one, on the thread that it comes from.</summary>
    public delegate void LLamaLogCallback(LLamaLogLevel level, string message);

    /// <summary>Sends messages from now on to <paramref name="logCallback"/>, which must not throw; null drops them.</summary>
    public static void llama_log_set(LLamaLogCallback? logCallback) => Volatile.Write(ref Callback, logCallback);

    internal static void Install() => NativeApi.llama_log_set(&OnMessage, 0);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnMessage(LLamaLogLevel level, byte* text, nint userData) =>
        Volatile.Read(ref Callback)?.Invoke(level, Marshal.PtrToStringUTF8((nint)text) ?? "");
}
