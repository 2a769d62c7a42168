using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>Tokens for one decode, in pinned arrays that grow and are used again from step to step. Not for use by two threads at a time.</summary>
internal sealed unsafe class LLamaBatch
{
    private LLamaToken[] _tokens = [];
    private LLamaPos[] _positions = [];
    private int[] _sequenceCounts = [];
    private LLamaSeqId[] _sequences = [];
    private nint[] _sequencePointers = [];
    private byte[] _logits = [];

    public LLamaBatch() => Grow(128);

    public int TokenCount { get; private set; }

    public void Clear() => TokenCount = 0;

    /// <summary>Appends one token and returns its index, under which its logits can be read after the decode.</summary>
    public int Add(LLamaToken token, LLamaPos pos, LLamaSeqId sequence, bool logits)
    {
        var index = TokenCount;
        if (index == _tokens.Length)
        {
            Grow(2 * index);
        }

        _tokens[index] = token;
        _positions[index] = pos;
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

    private void Grow(int capacity)
    {
        _tokens = Grown(_tokens, capacity);
        _positions = Grown(_positions, capacity);
        _sequences = Grown(_sequences, capacity);
        _logits = Grown(_logits, capacity);
        _sequenceCounts = Grown(_sequenceCounts, capacity);
        _sequenceCounts.AsSpan().Fill(1);
        _sequencePointers = Grown(_sequencePointers, capacity);
        for (var i = 0; i < capacity; i++)
        {
            _sequencePointers[i] = (nint)Unsafe.AsPointer(ref _sequences[i]);
        }
    }

    private static T[] Grown<T>(T[] array, int capacity)
    {
        var grown = GC.AllocateArray<T>(capacity, pinned: true);
        array.CopyTo(grown, 0);
        return grown;
    }

    private static T* PointerTo<T>(T[] pinned)
        where T : unmanaged => (T*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));
}
