using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Llama.Scheduling;

/// <summary>What a context's abort callback asks: the decode in progress, or the next, ends within milliseconds after <see cref="Set"/>.</summary>
internal sealed unsafe class AbortSwitch : IDisposable
{
    // Outlives a caller that sets it late: freed only with the object itself.
    private readonly byte[] _decodes = GC.AllocateArray<byte>(1, pinned: true);
    private GCHandle _alive;

    public AbortSwitch() => _alive = GCHandle.Alloc(_decodes);

    public static nint Callback => (nint)(delegate* unmanaged[Cdecl]<nint, byte>)&IsSet;

    public nint CallbackData => (nint)Unsafe.AsPointer(ref _decodes[0]);

    public void Set(byte decodes = 1) => Volatile.Write(ref _decodes[0], decodes);

    /// <summary>One decode was aborted.</summary>
    public void CountDown() => Volatile.Write(ref _decodes[0], (byte)Math.Max(0, _decodes[0] - 1));

    /// <summary>To be called once the context is freed.</summary>
    public void Dispose() => _alive.Free();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte IsSet(nint decodes) => Volatile.Read(ref *(byte*)decodes);
}
