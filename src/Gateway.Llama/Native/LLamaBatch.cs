using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>Tokens for one decode, in pinned arrays that are used again from step to step. Not for use by two threads at a time.</summary>
internal sealed unsafe class LLamaBatch
{
    private readonly LLamaToken[] _tokens;
    private readonly LLamaPos[] _positions;
    private readonly int[] _sequenceCounts;
    private readonly LLamaSeqId[] _sequences;
    private readonly nint[] _sequencePointers;
    private readonly byte[] _logits;

    public LLamaBatch(int capacity)
    {
        _tokens = GC.AllocateArray<LLamaToken>(capacity, pinned: true);
        _positions = GC.AllocateArray<LLamaPos>(capacity, pinned: true);
        _sequenceCounts = GC.AllocateArray<int>(capacity, pinned: true);
        _sequences = GC.AllocateArray<LLamaSeqId>(capacity, pinned: true);
        _sequencePointers = GC.AllocateArray<nint>(capacity, pinned: true);
        _logits = GC.AllocateArray<byte>(capacity, pinned: true);
        for (var i = 0; i < capacity; i++)
        {
            _sequenceCounts[i] = 1;
            _sequencePointers[i] = (nint)Unsafe.AsPointer(ref _sequences[i]);
        }
    }

    public int Capacity => _tokens.Length;

    public int TokenCount { get; private set; }

    public void Clear() => TokenCount = 0;

    /// <summary>Appends one token and returns its index, under which its logits can be read after the decode.</summary>
    public int Add(LLamaToken token, LLamaPos position, LLamaSeqId sequence, bool logits)
    {
        var index = TokenCount;
        _tokens[index] = token;
        _positions[index] = position;
        _sequences[index] = sequence;
        _logits[index] = logits ? (byte)1 : (byte)0;
        TokenCount = index + 1;
        return index;
    }

    internal LLamaNativeBatch ToNativeBatch() => new()
    {
        n_tokens = TokenCount,
        tokens = PointerTo(_tokens),
        pos = PointerTo(_positions),
        n_seq_id = PointerTo(_sequenceCounts),
        seq_id = (LLamaSeqId**)PointerTo(_sequencePointers),
        logits = PointerTo(_logits),
    };

    private static T* PointerTo<T>(T[] pinned)
        where T : unmanaged => (T*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));
}
