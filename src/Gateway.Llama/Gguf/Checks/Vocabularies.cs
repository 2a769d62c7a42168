using System.Collections.Frozen;

namespace Gateway.Llama.Gguf.Checks;

/// <summary>A kind of tokenizer, with the special tokens that libllama takes where the file names none (llama-vocab.cpp).</summary>
/// <param name="Kind">How it works.</param>
/// <param name="Bos">Id of the token that begins a text, null for none.</param>
/// <param name="Eos">Id of the token that ends a text.</param>
/// <param name="Unknown">Id of the token for what no other token fits.</param>
/// <param name="Separator">Id of the token between two texts.</param>
/// <param name="AddsBos">Whether a text gets the first one unless the file says otherwise.</param>
/// <param name="AddsEos">Whether a text gets the last one unless the file says otherwise.</param>
internal sealed record Vocabulary(VocabularyKind Kind, int? Bos, int? Eos, int? Unknown, int? Separator, bool AddsBos, bool AddsEos)
{
    /// <summary>By <c>tokenizer.ggml.model</c>.</summary>
    public static readonly FrozenDictionary<string, Vocabulary> Known = new Dictionary<string, Vocabulary>(StringComparer.Ordinal)
    {
        ["llama"] = new(VocabularyKind.SentencePiece, 1, 2, 0, null, AddsBos: true, AddsEos: false),
        ["gpt2"] = new(VocabularyKind.BytePairs, 11, 11, null, null, AddsBos: false, AddsEos: false),
        ["gemma4"] = new(VocabularyKind.BytePairs, null, null, null, null, AddsBos: true, AddsEos: false),
        ["hybriddna"] = new(VocabularyKind.BytePairs, 11, 11, null, null, AddsBos: false, AddsEos: false),
        ["whitespace"] = new(VocabularyKind.BytePairs, 11, 11, null, null, AddsBos: false, AddsEos: false),
        ["bert"] = new(VocabularyKind.WordPieces, 101, null, 100, 102, AddsBos: true, AddsEos: false),
        ["t5"] = new(VocabularyKind.Unigrams, null, 1, 2, null, AddsBos: false, AddsEos: true),
        ["rwkv"] = new(VocabularyKind.Rwkv, null, null, null, null, AddsBos: false, AddsEos: false),
        ["plamo2"] = new(VocabularyKind.Plamo2, 1, 2, 0, null, AddsBos: false, AddsEos: false),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Values of <c>tokenizer.ggml.pre</c>.</summary>
    public static readonly FrozenSet<string> PreTokenizers = (
        "default minicpm5 llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano deepseek-llm deepseek-coder deepseek-v3 "
        + "spark2_5 youtu falcon mpt starcoder gpt-2 phi-2 jina-es jina-de gigachat jina-v2-es jina-v2-de a.x-4.0 mellum modern-bert jais-2 gemma4 "
        + "granite-embed-multi-311m sarvam-moe jina-v1-en jina-v2-code roberta-bpe whitespace refact command-r qwen2 deepseek-r1-qwen kormo f2llmv2 "
        + "qwen35 stablelm2 olmo dbrx smaug-bpe poro-chat glm4 chatglm-bpe viking jais tekken smollm codeshell bloom gpt3-finnish exaone exaone4 "
        + "exaone-moe chameleon minerva-7b megrez gpt-4o llama4 kanana2 talkie granite-embed-multi-97m tiny_aya cohere2moe superbpe trillion "
        + "granite-docling bailingmoe bailingmoe2 llada-moe seed-coder hunyuan hunyuan-dense hy_v4 joyai-llm kimi-k2 ufakzeka grok-2 afmoe laguna "
        + "minimax-m2 solar-open mellum2").Split(' ').ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Pre-tokenizers that begin each text with its first token.</summary>
    public static readonly FrozenSet<string> PreTokenizersWithBos =
        "llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano tekken chameleon gemma4 granite-embed-multi-311m"
            .Split(' ').ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Pre-tokenizers without a default first token.</summary>
    public static readonly FrozenSet<string> PreTokenizersWithoutBos = FrozenSet.ToFrozenSet(["glm4", "chatglm-bpe"], StringComparer.Ordinal);
}

internal enum VocabularyKind
{
    SentencePiece,
    BytePairs,
    WordPieces,
    Unigrams,
    Rwkv,
    Plamo2,
}
