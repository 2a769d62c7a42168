using LLama.Native;

namespace Gateway.Llama.Scheduling;

/// <summary>What a context remembers of its sequences, as <see cref="PrefixTree"/> needs it. The tree's tests have one of their own.</summary>
internal interface ISequenceMemory
{
    /// <summary>Gives the cells of positions from <paramref name="start"/> to before <paramref name="end"/> to another sequence too; none are copied.</summary>
    void Copy(LLamaSeqId from, LLamaSeqId to, int start, int end);

    /// <summary>Forgets positions from <paramref name="start"/> to before <paramref name="end"/>; only where any part can be forgotten.</summary>
    void RemovePart(LLamaSeqId id, int start, int end);

    /// <summary>Forgets a sequence.</summary>
    void Remove(LLamaSeqId id);

    /// <summary>The first position that every layer still has; -1 when there is none.</summary>
    int FirstPosition(LLamaSeqId id);

    /// <summary>Bytes of <see cref="Save"/>.</summary>
    long SizeOf(LLamaSeqId id);

    /// <summary>What is remembered of a sequence; null when that cannot be had.</summary>
    byte[]? Save(LLamaSeqId id);

    /// <summary>Puts a saved sequence back; false, with nothing remembered, when there is no room.</summary>
    bool TryRestore(LLamaSeqId id, byte[] state);
}
