using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>llama_token_data: a candidate for the next token.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LLamaTokenData(LLamaToken id, float logit, float probability)
{
    public LLamaToken ID = id;
    public float Logit = logit;
    public float Probability = probability;
}
