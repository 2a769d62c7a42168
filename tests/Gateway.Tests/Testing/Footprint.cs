using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Tests.Testing;

/// <summary>
/// What this process holds: what a leak adds to, and nothing else. Its resident pages would tell of the collector's and the allocator's habits too, some
/// megabytes either way; these bytes are those that somebody has and did not give back.
/// </summary>
/// <param name="Managed">Bytes of objects that are alive after a full collection.</param>
/// <param name="Native">Bytes taken from the C library's allocator and not freed; 0 where that is not glibc.</param>
/// <param name="Handles">Open files, sockets and the like; 0 where there is no /proc.</param>
/// <param name="Threads">Threads, without those of the thread pool; 0 where there is no /proc.</param>
internal readonly partial record struct Footprint(long Managed, long Native, int Handles, int Threads)
{
    public static Footprint Take()
    {
        // What a finalizer lets go of is collected by the next round.
        for (var round = 0; round < 3; round++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return new Footprint(GC.GetTotalMemory(forceFullCollection: true), TakenFromHeap(), CountHandles(), CountThreads());
    }

    public static int CountHandles() => Directory.Exists("/proc/self/fd") ? Directory.GetFileSystemEntries("/proc/self/fd").Length : 0;

    public static int CountThreads() => Directory.Exists("/proc/self/task") ? Directory.GetDirectories("/proc/self/task").Length - ThreadPool.ThreadCount : 0;

    private static long TakenFromHeap()
    {
        try
        {
            // Of all arenas, and of the pieces that are large enough for a mapping of their own.
            return OperatingSystem.IsLinux() && MallInfo() is var info ? (long)(info.InUse + info.InMappings) : 0;
        }
        catch (EntryPointNotFoundException)
        {
            return 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "mallinfo2")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial HeapInfo MallInfo();

    /// <summary>glibc's <c>struct mallinfo2</c>: ten numbers of the size of a pointer.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct HeapInfo
    {
        private readonly nuint _arena;
        private readonly nuint _freeChunks;
        private readonly nuint _fastChunks;
        private readonly nuint _mappings;
        public readonly nuint InMappings;
        private readonly nuint _unused;
        private readonly nuint _fastBytes;
        public readonly nuint InUse;
        private readonly nuint _freeBytes;
        private readonly nuint _top;
    }
}
