using Gateway.Llama.Gguf.Checks;

namespace Gateway.Llama.Gguf;

/// <summary>The tokenizer of a model as libllama sets it up from the metadata: kind, and special tokens with their defaults.</summary>
internal sealed class TokenizerInfo
{
    private const string Prefix = "tokenizer.ggml.";

    private readonly GgufFile _file;

    public TokenizerInfo(GgufFile file)
    {
        _file = file;
        ModelName = Find("model")?.Text;
        Vocabulary = ModelName is null ? null : Vocabulary.Known.GetValueOrDefault(ModelName);
        Tokens = Find("tokens") is { Type: GgufValueType.Array, ElementType: GgufValueType.Text } tokens ? tokens : null;
        Pre = Vocabulary?.Kind == VocabularyKind.BytePairs ? (ModelName is "gemma4" ? ModelName : Find("pre")?.Text ?? "") : "";

        Bos = Id("bos_token_id", Vocabulary.PreTokenizersWithoutBos.Contains(Pre) ? null : Vocabulary?.Bos);
        Eos = Id("eos_token_id", Vocabulary?.Eos);
        Unknown = Id("unknown_token_id", Vocabulary?.Unknown);
        Separator = Id("seperator_token_id", Vocabulary?.Separator);
        Padding = Id("padding_token_id", null);
        AddsBos = Vocabulary?.Kind == VocabularyKind.WordPieces || Pre is "gemma4" or "granite-embed-multi-311m"
            || (Find("add_bos_token")?.Flag ?? (Vocabulary?.AddsBos == true || Vocabulary.PreTokenizersWithBos.Contains(Pre)));
        AddsEos = Find("add_eos_token")?.Flag ?? Vocabulary?.AddsEos == true;
    }

    /// <summary><c>tokenizer.ggml.model</c>.</summary>
    public string? ModelName { get; }

    /// <summary>Null when libllama knows no such tokenizer.</summary>
    public Vocabulary? Vocabulary { get; }

    /// <summary>The array of tokens, null when the file has none.</summary>
    public GgufValue? Tokens { get; }

    /// <summary>How a text is cut before byte pairs are merged, empty where it is not.</summary>
    public string Pre { get; }

    public long? Bos { get; }

    public long? Eos { get; }

    public long? Unknown { get; }

    public long? Separator { get; }

    public long? Padding { get; }

    public bool AddsBos { get; }

    public bool AddsEos { get; }

    /// <summary>The texts of some tokens, in their order; empty for those that are not there.</summary>
    public string[] TextsOf(params ReadOnlySpan<long?> ids)
    {
        var texts = new string[ids.Length];
        Array.Fill(texts, "");
        var last = -1L;
        foreach (var id in ids)
        {
            last = Math.Max(last, id ?? -1);
        }

        if (Tokens is null || last < 0)
        {
            return texts;
        }

        var index = 0L;
        foreach (var token in _file.Strings(Tokens))
        {
            for (var i = 0; i < ids.Length; i++)
            {
                if (ids[i] == index)
                {
                    texts[i] = System.Text.Encoding.UTF8.GetString(token);
                }
            }

            if (index++ == last)
            {
                break;
            }
        }

        return texts;
    }

    // libllama leaves an id out that is out of range, be it the file's or its own.
    private long? Id(string key, int? standard) =>
        Find(key)?.UInt32 is { } id && id < Tokens?.Count ? id : standard < Tokens?.Count ? standard : null;

    private GgufValue? Find(string name) => _file.Metadata.GetValueOrDefault(Prefix + name);
}
