using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LLama.Native;

namespace Gateway.Llama.Vectors;

/// <summary>
/// libllama keeps a row of logits for each token of the largest batch, written with zeros when the room grows, and a model that makes vectors
/// never uses it: 512 MB for 512 tokens and 250,000 words. The pages behind it go back to the system; they stay addressable, as zeros.
/// </summary>
internal sealed partial class IdleOutputs(int vocabularySize)
{
    private const int DontNeed = 4; // MADV_DONTNEED

    private int _mostTokens;

    /// <summary>To be called behind every decode.</summary>
    public void Release(SafeLLamaContextHandle context, int tokens)
    {
        if (tokens <= _mostTokens || !OperatingSystem.IsLinux())
        {
            return;
        }

        _mostTokens = tokens;
        var logits = context.GetLogits();
        if (logits.IsEmpty)
        {
            return;
        }

        // Whole pages only: what lies beside them is in use.
        var page = (nuint)Environment.SystemPageSize;
        var (start, end) = Range(logits, (nuint)tokens * (nuint)vocabularySize * sizeof(float));
        start = (start + page - 1) / page * page;
        end = end / page * page;
        if (start < end)
        {
            // It is advice: refused, all stays as it was.
            _ = madvise(start, end - start, DontNeed);
        }
    }

    private static unsafe (nuint Start, nuint End) Range(Span<float> first, nuint length)
    {
        var start = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(first));
        return (start, start + length);
    }

    [LibraryImport("libc")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial int madvise(nuint address, nuint length, int advice);
}
