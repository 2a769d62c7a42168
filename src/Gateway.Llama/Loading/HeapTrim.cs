using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Llama.Loading;

/// <summary>Gives the pages of freed native memory back to the system, where the C library has a call for it.</summary>
internal static partial class HeapTrim
{
    public static void Run()
    {
        if (OperatingSystem.IsLinux())
        {
            try
            {
                _ = malloc_trim(0);
            }
            catch (Exception exception) when (exception is EntryPointNotFoundException or DllNotFoundException)
            {
                // Not glibc.
            }
        }
    }

    [LibraryImport("libc")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial int malloc_trim(nuint pad);
}
