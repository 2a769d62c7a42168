using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Llama.Scheduling;

/// <summary>What a context's abort callback asks: a decode in progress ends within milliseconds after <see cref="Set"/>.</summary>
internal sealed unsafe class AbortSwitch : IDisposable
{
    // Outlives a caller that sets it late: freed only with the object itself.
    private readonly byte[] _flag = GC.AllocateArray<byte>(1, pinned: true);
    private GCHandle _alive;

    public AbortSwitch() => _alive = GCHandle.Alloc(_flag);

    public static delegate* unmanaged[Cdecl]<nint, byte> Callback => &IsSet;

    public nint CallbackData => (nint)Unsafe.AsPointer(ref _flag[0]);

    public void Set() => Volatile.Write(ref _flag[0], 1);

    public void Reset() => Volatile.Write(ref _flag[0], 0);

    /// <summary>To be called once the context is freed.</summary>
    public void Dispose() => _alive.Free();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte IsSet(nint flag) => Volatile.Read(ref *(byte*)flag);
}
