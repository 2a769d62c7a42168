using System.Collections.Frozen;

namespace Gateway.Llama.Gguf;

/// <summary>Architectures that libllama v0.5.0 knows (llama-arch.cpp), and what its graphs demand of some of them.</summary>
internal static class Architectures
{
    public static readonly FrozenSet<string> Known = Set(
        "llama llama4 deci falcon grok gpt2 gptj gptneox mpt baichuan starcoder refact bert modern-bert nomic-bert nomic-bert-moe neo-bert "
        + "jina-bert-v2 jina-bert-v3 eurobert bloom stablelm qwen qwen2 qwen2moe qwen2vl qwen3 qwen3moe qwen3next qwen3vl qwen3vlmoe qwen35 "
        + "qwen35moe qwen4exp phi2 phi3 phimoe plamo plamo2 plamo3 codeshell orion internlm2 minicpm minicpm3 gemma gemma2 gemma3 gemma3n gemma4 "
        + "gemma-embedding starcoder2 mamba mamba2 maple jamba falcon-h1 xverse command-r cohere2 cohere2moe dbrx olmo olmo2 olmoe muse-glimmer "
        + "openelm arctic deepseek deepseek2 deepseek2-ocr deepseek32 deepseek4 chatglm glm4 glm4moe glm-dsa bitnet t5 t5encoder jais jais2 "
        + "nemotron nemotron_h nemotron_h_moe exaone exaone4 exaone-moe rwkv6 rwkv6qwen2 rwkv7 arwkv7 granite granitemoe granitehybrid "
        + "graniteswitch granite_swa chameleon plm bailingmoe bailingmoe2 bailingmoe3 dots1 dots3note arcee afmoe laguna ernie4_5 ernie4_5-moe "
        + "hunyuan-moe hunyuan-dense hunyuan_vl hy_v3 hy_v4 smollm3 gpt-oss lfm2 lfm2moe dream smallthinker llada llada-moe seed_oss grovemoe "
        + "apertus minimax-01 hrm_text minimax-m2 minimax-m3 cogvlm rnd1 pangu-embedded mistral3 mistral4 paddleocr mimo2 step35 spark2_5 "
        + "llama-embed maincoder kimi-linear kimi-k3 talkie mellum nanbeige");

    /// <summary>Known, but not models that read and write text on their own.</summary>
    public static readonly FrozenDictionary<string, string> NotServed = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["clip"] = "an image encoder, which belongs beside a language model",
        ["wavtokenizer-dec"] = "a decoder of audio",
        ["qwen3tts"] = "a speech model",
        ["pockettts"] = "a speech model",
        ["eagle3"] = "a draft model, which works only beside the model that it drafts for",
        ["dflash"] = "a draft model, which works only beside the model that it drafts for",
        ["gemma4-assistant"] = "a draft model, which works only beside the model that it drafts for",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>No attention in any layer.</summary>
    public static readonly FrozenSet<string> Recurrent = Set("mamba mamba2 rwkv6 rwkv6qwen2 rwkv7 arwkv7");

    /// <summary>Attention in some layers only.</summary>
    public static readonly FrozenSet<string> Hybrid = Set(
        "jamba falcon-h1 plamo2 granitehybrid lfm2 lfm2moe nemotron_h nemotron_h_moe qwen3next kimi-linear bailingmoe3 kimi-k3 qwen35 qwen35moe "
        + "qwen4exp deepseek4 minimax-01");

    /// <summary>Their memory is of a kind of its own (llama-kv-cache-dsv4, -dsa, -msa, llama-memory-hybrid-idx), of which parts cannot be shared for sure.</summary>
    public static readonly FrozenSet<string> UnsharedMemory = Set("deepseek4 deepseek32 glm-dsa hy_v4 dots3note minimax-m3 qwen4exp");

    /// <summary>Their graphs demand values as long as keys.</summary>
    public static readonly FrozenSet<string> ValuesLikeKeys = Set(
        "afmoe apertus arcee arctic baichuan bailingmoe2 bert bitnet bloom chameleon chatglm codeshell cogvlm cohere2 cohere2moe command-r dbrx deci "
        + "deepseek dots1 dream ernie4_5 ernie4_5-moe eurobert exaone exaone-moe exaone4 falcon glm4 glm4moe gpt2 gptneox granite granite_swa "
        + "granitehybrid graniteswitch grok grovemoe hunyuan-moe hunyuan_vl hunyuan-dense hy_v3 internlm2 jais jais2 llada llada-moe llama llama4 "
        + "llama-embed maincoder maple mellum minimax-m2 minimax-m3 mistral3 modern-bert mpt nanbeige nemotron neo-bert olmo olmo2 olmoe openelm orion "
        + "paddleocr pangu-embedded phi2 phi3 plamo qwen qwen2 qwen2moe qwen2vl qwen3 qwen35 qwen35moe qwen3moe qwen3next qwen3vl qwen3vlmoe refact "
        + "rnd1 seed_oss smallthinker smollm3 stablelm starcoder starcoder2 talkie xverse");

    /// <summary>Their graphs turn whole heads by position.</summary>
    public static readonly FrozenSet<string> WholeHeadsTurned = Set(
        "apertus arcee arctic baichuan chameleon codeshell cogvlm cohere2moe dbrx deci deepseek dots1 dream ernie4_5 ernie4_5-moe exaone exaone-moe "
        + "exaone4 falcon granite granite_swa graniteswitch grok grovemoe hunyuan-moe hunyuan_vl hunyuan-dense hy_v3 internlm2 jais2 llada llada-moe "
        + "llama llama4 llama-embed maincoder mellum mistral3 nemotron olmo olmo2 olmoe orion paddleocr pangu-embedded plamo qwen2 qwen2moe qwen2vl "
        + "qwen3 qwen3moe qwen3vl qwen3vlmoe rnd1 seed_oss smallthinker smollm3 starcoder2 talkie xverse");

    /// <summary>They read a text in both directions.</summary>
    public static readonly FrozenSet<string> Encoders = Set(
        "bert modern-bert nomic-bert nomic-bert-moe neo-bert jina-bert-v2 jina-bert-v3 eurobert t5encoder");

    /// <summary>Their positions have several parts, and heads are cut into as many sections.</summary>
    public static readonly FrozenSet<string> SectionedHeads = Set("qwen2vl paddleocr qwen3vl qwen3vlmoe qwen35 qwen35moe qwen4exp");

    /// <summary>As <see cref="SectionedHeads"/> where the file has sections.</summary>
    public static readonly FrozenSet<string> MaybeSectionedHeads = Set("glm4 glm4moe hunyuan_vl hunyuan-dense");

    private static FrozenSet<string> Set(string names) => names.Split(' ').ToFrozenSet(StringComparer.Ordinal);
}
