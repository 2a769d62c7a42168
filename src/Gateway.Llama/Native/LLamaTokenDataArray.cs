using System.Buffers;
using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>Candidates for the next token.</summary>
internal readonly struct LLamaTokenDataArray
{
    public readonly Memory<LLamaTokenData> Data;
    public readonly bool Sorted;

    public LLamaTokenDataArray(Memory<LLamaTokenData> tokens, bool isSorted = false)
    {
        Data = tokens;
        Sorted = isSorted;
    }

    /// <summary>The whole vocabulary with its logits.</summary>
    public static LLamaTokenDataArray Create(ReadOnlySpan<float> logits)
    {
        var data = new LLamaTokenData[logits.Length];
        for (var token = 0; token < data.Length; token++)
        {
            data[token] = new LLamaTokenData(token, logits[token], 0);
        }

        return new LLamaTokenDataArray(data);
    }
}

/// <summary>llama_token_data_array; samplers change it in place.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LLamaTokenDataArrayNative
{
    private LLamaTokenData* _data;
    private ulong _size;
    private long _selected;
    private byte _sorted;

    public readonly Span<LLamaTokenData> Data => new(_data, checked((int)_size));

    /// <summary>Index into <see cref="Data"/>, not a token.</summary>
    public long Selected { readonly get => _selected; set => _selected = value; }

    public readonly bool Sorted => _sorted != 0;

    /// <summary>Candidates as libllama takes them, in place until the returned handle is disposed.</summary>
    public static MemoryHandle Create(LLamaTokenDataArray array, out LLamaTokenDataArrayNative native)
    {
        var pinned = array.Data.Pin();
        native = new LLamaTokenDataArrayNative
        {
            _data = (LLamaTokenData*)pinned.Pointer,
            _size = (ulong)array.Data.Length,
            _sorted = array.Sorted ? (byte)1 : (byte)0,
        };
        return pinned;
    }
}

/// <summary>llama_sampler_chain_params.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LLamaSamplerChainParams
{
    private byte _noPerf;

    public bool NoPerf { readonly get => _noPerf != 0; set => _noPerf = value ? (byte)1 : (byte)0; }

    public static LLamaSamplerChainParams Default() => NativeApi.llama_sampler_chain_default_params();
}
