using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>llama_token_data: a candidate for the next token.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LLamaTokenData
{
    public LLamaToken ID;
    public float Logit;
    public float Probability;
}

/// <summary>llama_token_data_array; samplers change it in place.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LLamaTokenDataArrayNative
{
    public LLamaTokenData* Data;
    public nuint Size;

    /// <summary>Index into <see cref="Data"/>, not a token; -1 until a sampler chose.</summary>
    public long Selected;
    private byte _sorted;

    public bool Sorted { readonly get => _sorted != 0; set => _sorted = value ? (byte)1 : (byte)0; }
}

/// <summary>llama_sampler_chain_params.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LLamaSamplerChainParams
{
    private byte _noPerf;

    public bool NoPerf { readonly get => _noPerf != 0; set => _noPerf = value ? (byte)1 : (byte)0; }
}
