using System.Globalization;

namespace Gateway.Llama.Gguf.Checks;

/// <summary>
/// The vocabulary's metadata. libllama throws C++ exceptions out of the tokenizer, which end the process at the first request, where its
/// tables do not fit together.
/// </summary>
internal sealed class TokenizerCheck(ModelMetadata model, GgufProblems problems)
{
    private const string Prefix = "tokenizer.ggml.";

    private static readonly string[] IdKeys =
    [
        "bos_token_id", "eos_token_id", "eot_token_id", "eom_token_id", "unknown_token_id", "seperator_token_id", "padding_token_id", "mask_token_id",
        "fim_pre_token_id", "fim_suf_token_id", "fim_mid_token_id", "fim_pad_token_id", "fim_rep_token_id", "fim_sep_token_id", "prefix_token_id",
        "suffix_token_id", "middle_token_id", "token_type_count",
    ];

    private static readonly string[] FlagKeys =
        ["add_bos_token", "add_eos_token", "add_sep_token", "add_space_prefix", "remove_extra_whitespaces", "normalizer.lowercase", "normalizer.strip_accents"];

    public void Run()
    {
        Types();
        if (!TryFindModel(out var vocabulary) || !TryFindTokens(out var tokens))
        {
            return;
        }

        var types = Companion("token_type", tokens, GgufValueType.I32);
        Companion("scores", tokens, GgufValueType.F32, GgufValueType.I32);
        if (Find("scores") is { ElementType: GgufValueType.F32 } scores
            && Array.FindIndex(model.File.Numbers(scores, GgufLimits.MostTokens), double.IsNaN) is >= 0 and var at)
        {
            problems.AddKey(Prefix + "scores", Invariant($"element {at} is not a number"));
        }

        if (vocabulary.Kind == VocabularyKind.BytePairs)
        {
            BytePairs();
        }

        new TokensCheck(model.File, vocabulary.Kind, tokens, types, problems).Run();
        SpecialTokens(new TokenizerInfo(model.File));
        if (vocabulary.Kind == VocabularyKind.Unigrams && Find("precompiled_charsmap") is { } charsmap)
        {
            Charsmap(charsmap);
        }
    }

    private void Types()
    {
        foreach (var name in IdKeys)
        {
            if (Find(name) is { UInt32: null } wrong)
            {
                problems.AddKey(Prefix + name, $"it is {wrong.TypeName}; it must be u32");
            }
        }

        foreach (var name in FlagKeys)
        {
            if (Find(name) is { Flag: null } wrong)
            {
                problems.AddKey(Prefix + name, $"it is {wrong.TypeName}; it must be bool");
            }
        }

        if (Find("suppress_tokens") is { } suppressed && suppressed is not { Type: GgufValueType.Array, ElementType: GgufValueType.I32 })
        {
            problems.AddKey(Prefix + "suppress_tokens", $"it is {suppressed.TypeName}; it must be an array of i32");
        }
    }

    private bool TryFindModel(out Vocabulary vocabulary)
    {
        vocabulary = null!;
        const string Key = Prefix + "model";
        if (Find("model") is not { } value)
        {
            problems.AddKey(Key, "it is missing");
        }
        else if (value.Text is not { } name)
        {
            problems.AddKey(Key, $"it is {value.TypeName}; it must be a string");
        }
        else if (!Vocabulary.Known.TryGetValue(name, out vocabulary!))
        {
            problems.AddKey(Key, name is "none" or "no_vocab"
                ? $"\"{name}\"; a model without a vocabulary reads and writes no text"
                : $"\"{GgufText.Show(name)}\"; it must be one of {string.Join(", ", Vocabulary.Known.Keys.Order(StringComparer.Ordinal))}");
        }

        return vocabulary is not null;
    }

    private bool TryFindTokens(out GgufValue tokens)
    {
        tokens = Find("tokens")!;
        const string Key = Prefix + "tokens";
        if (tokens is null)
        {
            problems.AddKey(Key, "it is missing");
        }
        else if (tokens is not { Type: GgufValueType.Array, ElementType: GgufValueType.Text })
        {
            problems.AddKey(Key, $"it is {tokens.TypeName}; it must be an array of strings");
        }
        else if (tokens.Count is 0 or > GgufLimits.MostTokens)
        {
            problems.AddKey(Key, Invariant($"{tokens.Count} tokens; there must be 1 to {GgufLimits.MostTokens}"));
        }
        else
        {
            return true;
        }

        return false;
    }

    /// <summary>An array that has one element for each token; null when it is missing or wrong.</summary>
    private GgufValue? Companion(string name, GgufValue tokens, params ReadOnlySpan<GgufValueType> types)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        if (value.Type != GgufValueType.Array || !types.Contains(value.ElementType))
        {
            problems.AddKey(Prefix + name, $"it is {value.TypeName}; it must be an array of {GgufValueTypes.NameOf(types[0])}");
            return null;
        }

        if (value.Count < tokens.Count)
        {
            problems.AddKey(Prefix + name, Invariant($"{value.Count} elements; there are {tokens.Count} tokens (tokenizer.ggml.tokens)"));
            return null;
        }

        return value;
    }

    private void BytePairs()
    {
        var pre = Find("pre");
        if (pre is not null && (pre.Text is null || (pre.Text.Length > 0 && !Vocabulary.PreTokenizers.Contains(pre.Text))))
        {
            problems.AddKey(Prefix + "pre", pre.Text is { } name
                ? $"\"{GgufText.Show(name)}\"; libllama v0.5.0 knows no such pre-tokenizer"
                : $"it is {pre.TypeName}; it must be a string");
        }

        // This one leaves spaces in the words, and libllama takes none where it merges.
        if (pre?.Text is "whitespace" && Find("model")?.Text is not "whitespace")
        {
            problems.AddKey(Prefix + "pre", "\"whitespace\"; it is for a tokenizer.ggml.model of the same name only");
        }

        if (Find("merges") is not { } merges)
        {
            if (pre?.Text is not "kimi-k2")
            {
                problems.AddKey(Prefix + "merges", "it is missing; a tokenizer of byte pairs needs it");
            }
        }
        else if (merges is not { Type: GgufValueType.Array, ElementType: GgufValueType.Text })
        {
            problems.AddKey(Prefix + "merges", $"it is {merges.TypeName}; it must be an array of strings");
        }
    }

    private void SpecialTokens(TokenizerInfo tokenizer)
    {
        var kind = tokenizer.Vocabulary!.Kind;
        Demand("bos_token_id", "begins", tokenizer.Bos, tokenizer.AddsBos && kind is not (VocabularyKind.Rwkv or VocabularyKind.Plamo2));
        Demand("eos_token_id", "ends", tokenizer.Eos, tokenizer.AddsEos && kind is VocabularyKind.SentencePiece or VocabularyKind.BytePairs or VocabularyKind.Unigrams);
        Demand("seperator_token_id", "ends", tokenizer.Separator, kind == VocabularyKind.WordPieces);
        if (kind is VocabularyKind.WordPieces or VocabularyKind.Unigrams && tokenizer.Unknown is null)
        {
            problems.AddKey(Prefix + "unknown_token_id", "there is no token for text that no other token fits");
        }
    }

    private void Demand(string key, string does, long? id, bool isNeeded)
    {
        if (isNeeded && id is null)
        {
            problems.AddKey(Prefix + key, $"the tokenizer adds the token that {does} a text, and there is none");
        }
    }

    private void Charsmap(GgufValue value)
    {
        const string Key = Prefix + "precompiled_charsmap";
        if (value is not { Type: GgufValueType.Array, ElementType: GgufValueType.I8 or GgufValueType.U8 })
        {
            problems.AddKey(Key, $"it is {value.TypeName}; it must be an array of u8");
        }
        else if (value.Count > Checks.Charsmap.Longest)
        {
            problems.AddKey(Key, Invariant($"{value.Count} bytes; at most {Checks.Charsmap.Longest} are taken"));
        }
        else if (Checks.Charsmap.FindError(model.File.Bytes(value)) is { } error)
        {
            problems.AddKey(Key, error);
        }
    }

    private GgufValue? Find(string name) => model.File.Metadata.GetValueOrDefault(Prefix + name);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
