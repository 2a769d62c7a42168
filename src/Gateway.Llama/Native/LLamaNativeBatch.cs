using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>llama_batch: pointers to arrays of <see cref="n_tokens"/> entries each.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LLamaNativeBatch
{
    public int n_tokens;
    public LLamaToken* tokens;
    public float* embd;
    public LLamaPos* pos;
    public int* n_seq_id;
    public LLamaSeqId** seq_id;
    public byte* logits;
}
