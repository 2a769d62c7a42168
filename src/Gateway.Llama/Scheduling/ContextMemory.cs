using LLama.Native;

namespace Gateway.Llama.Scheduling;

/// <summary>The memory of a libllama context. Sequence ids come from the scheduler alone, so they are in range: libllama asserts that.</summary>
internal sealed unsafe class ContextMemory(SafeLLamaContextHandle context) : ISequenceMemory
{
    public void Copy(LLamaSeqId from, LLamaSeqId to, int start, int end) => NativeApi.llama_memory_seq_cp(context.Memory, from, to, start, end);

    public void RemovePart(LLamaSeqId id, int start, int end) => NativeApi.llama_memory_seq_rm(context.Memory, id, start, end);

    public void Remove(LLamaSeqId id) => NativeApi.llama_memory_seq_rm(context.Memory, id, -1, -1);

    public int FirstPosition(LLamaSeqId id) => (int)NativeApi.llama_memory_seq_pos_min(context.Memory, id);

    public long SizeOf(LLamaSeqId id) => (long)context.GetStateSize(id);

    public byte[]? Save(LLamaSeqId id)
    {
        var state = GC.AllocateUninitializedArray<byte>(checked((int)SizeOf(id)));
        fixed (byte* bytes = state)
        {
            return context.GetState(bytes, (nuint)state.Length, id) == (nuint)state.Length ? state : null;
        }
    }

    public bool TryRestore(LLamaSeqId id, byte[] state)
    {
        fixed (byte* bytes = state)
        {
            if (context.SetState(bytes, (nuint)state.Length, id) == (nuint)state.Length)
            {
                return true;
            }
        }

        Remove(id);
        return false;
    }
}
