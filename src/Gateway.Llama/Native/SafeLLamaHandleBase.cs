using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>Owner of a native object; 0 means none.</summary>
internal abstract class SafeLLamaHandleBase : SafeHandle
{
    protected SafeLLamaHandleBase()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Keeps the object alive until <see cref="SafeHandle.DangerousRelease"/>; throws when it is closed already.</summary>
    internal nint Lease()
    {
        var added = false;
        DangerousAddRef(ref added);
        return handle;
    }
}
