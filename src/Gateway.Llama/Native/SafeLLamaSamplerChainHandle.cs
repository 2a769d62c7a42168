using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>
/// A chain of libllama's samplers. The engine draws in managed code, which is cheaper; libllama's own chain is the measure that its
/// tests hold it to. Accept only tokens that the chain chose itself: a grammar that meets another one ends the process.
/// </summary>
internal sealed unsafe partial class SafeLLamaSamplerChainHandle : SafeLLamaHandleBase
{
    static SafeLLamaSamplerChainHandle() => NativeApi.EnsureLoaded();

    public static SafeLLamaSamplerChainHandle Create()
    {
        var parameters = NativeApi.llama_sampler_chain_default_params();
        parameters.NoPerf = true;
        return llama_sampler_chain_init(parameters);
    }

    public void AddTopK(int k) => llama_sampler_chain_add(this, llama_sampler_init_top_k(k));

    public void AddTopP(float p) => llama_sampler_chain_add(this, llama_sampler_init_top_p(p, 1));

    public void AddMinP(float p) => llama_sampler_chain_add(this, llama_sampler_init_min_p(p, 1));

    public void AddTemperature(float temperature) => llama_sampler_chain_add(this, llama_sampler_init_temp(temperature));

    public void AddDistributionSampler(uint seed) => llama_sampler_chain_add(this, llama_sampler_init_dist(seed));

    /// <summary>Adds a grammar in GBNF.</summary>
    /// <exception cref="ArgumentException">libllama cannot read it; why is on standard error.</exception>
    public void AddGrammar(SafeLlamaModelHandle.Vocabulary vocab, string grammar, string root)
    {
        var sampler = llama_sampler_init_grammar(vocab.VocabNative, grammar, root);
        llama_sampler_chain_add(this, sampler != 0 ? sampler : throw new ArgumentException("libllama cannot read the grammar.", nameof(grammar)));
    }

    /// <summary>Takes note of a token; one that a grammar of the chain does not permit ends the process.</summary>
    public void Accept(LLamaToken token) => llama_sampler_accept(this, token);

    public void Apply(ref LLamaTokenDataArrayNative candidates) => llama_sampler_apply(this, ref candidates);

    protected override bool ReleaseHandle()
    {
        llama_sampler_free(handle);
        return true;
    }

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial SafeLLamaSamplerChainHandle llama_sampler_chain_init(LLamaSamplerChainParams parameters);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial void llama_sampler_chain_add(SafeLLamaSamplerChainHandle chain, nint sampler);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial void llama_sampler_apply(SafeLLamaSamplerChainHandle chain, ref LLamaTokenDataArrayNative candidates);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial void llama_sampler_accept(SafeLLamaSamplerChainHandle chain, LLamaToken token);

    [LibraryImport(NativeApi.LibraryName, StringMarshalling = StringMarshalling.Utf8)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial nint llama_sampler_init_grammar(nint vocab, string grammar, string root);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial void llama_sampler_free(nint sampler);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial nint llama_sampler_init_top_k(int k);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial nint llama_sampler_init_top_p(float p, nuint minKeep);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial nint llama_sampler_init_min_p(float p, nuint minKeep);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial nint llama_sampler_init_temp(float temperature);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial nint llama_sampler_init_dist(uint seed);
}
