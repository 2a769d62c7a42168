namespace LLama.Native;

/// <summary>Parameters that llama.h got after LLamaSharp 0.28's.</summary>
internal static class LLamaContextParamsMembers
{
    extension(ref LLamaContextParams parameters)
    {
#pragma warning disable CA1822 // Without effect: this libllama makes room for as many rows of logits as a batch asks for.
        public uint n_outputs_max { set => _ = value; }
#pragma warning restore CA1822
    }
}
