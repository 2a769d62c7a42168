using Gateway.Llama.Gguf.Checks;
using Gateway.Llama.Scheduling;

namespace Gateway.Llama.Gguf;

/// <summary>What a file says about its model, for people to read. Nothing of it needs the file to be loadable; what is not there is null.</summary>
public sealed record ModelSummary
{
    /// <summary>Bytes of the file.</summary>
    public required long FileSize { get; init; }

    /// <summary>"model", "adapter" or what else <c>general.type</c> says.</summary>
    public required string Type { get; init; }

    /// <summary>The model's own name.</summary>
    public string? Name { get; init; }

    /// <summary>llama.cpp's name of the architecture.</summary>
    public string? Architecture { get; init; }

    /// <summary>Its licence, as the file says it.</summary>
    public string? Licence { get; init; }

    /// <summary>Number of weights.</summary>
    public required long Parameters { get; init; }

    /// <summary>Tensors and bytes of each type, the largest share first.</summary>
    public required IReadOnlyList<TypeShare> Types { get; init; }

    /// <summary>Tokens that the model saw at a time when it was trained.</summary>
    public uint? ContextLength { get; init; }

    /// <summary>Layers.</summary>
    public uint? Layers { get; init; }

    /// <summary>Attention heads of the first layer.</summary>
    public long? Heads { get; init; }

    /// <summary>Heads with keys and values of their own, of the first layer.</summary>
    public long? KeyValueHeads { get; init; }

    /// <summary>Length of the vectors between the layers.</summary>
    public uint? EmbeddingLength { get; init; }

    /// <summary>Experts of a layer.</summary>
    public uint? Experts { get; init; }

    /// <summary>Experts that a token goes to.</summary>
    public long? ExpertsUsed { get; init; }

    /// <summary>How an embedding is made: "none", "mean", "cls", "last" or "rank".</summary>
    public string? Pooling { get; init; }

    /// <summary>
    /// What requests can share of what they begin with: "any" part, "window" (what ends within the sliding window that was kept), "checkpoints" (where a
    /// state was kept), or "none". Null for models that do not continue texts.
    /// </summary>
    public string? PrefixSharing { get; init; }

    /// <summary>Kind of the tokenizer, and how it cuts a text: "gpt2/smollm".</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Tokens of the vocabulary.</summary>
    public required long VocabularySize { get; init; }

    /// <summary>Tokens with a part to play, by what they do.</summary>
    public required IReadOnlyList<SpecialToken> SpecialTokens { get; init; }

    /// <summary>The chat template, null when there is none.</summary>
    public TemplateSummary? ChatTemplate { get; init; }

    /// <summary>Reads what there is.</summary>
    public static ModelSummary Of(GgufFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var model = new ModelMetadata(file);
        var tokenizer = new TokenizerInfo(file);
        return new ModelSummary
        {
            FileSize = file.Length,
            Type = file.Text("general.type") ?? "model",
            Name = file.Text("general.name"),
            Architecture = file.Text("general.architecture"),
            Licence = file.Text("general.license"),
            Parameters = file.Tensors.Aggregate(0L, (sum, tensor) => sum > long.MaxValue - tensor.Count ? sum : sum + tensor.Count),
            Types = TypeShare.Of(file.Tensors),
            ContextLength = model.UInt32("context_length"),
            Layers = model.UInt32("block_count"),
            Heads = model.OfLayer("attention.head_count", 0),
            KeyValueHeads = model.OfLayer("attention.head_count_kv", 0),
            EmbeddingLength = model.UInt32("embedding_length"),
            Experts = model.UInt32("expert_count"),
            ExpertsUsed = model.OfLayer("expert_used_count", 0),
            Pooling = model.UInt32("pooling_type") switch { 0 => "none", 1 => "mean", 2 => "cls", 3 => "last", 4 => "rank", _ => null },
            PrefixSharing = model.Architecture.Length > 0 && model.Purpose.Task == ModelTask.Generate ? PrefixMemories.Of(model).ToString().ToLowerInvariant() : null,
            Tokenizer = tokenizer.ModelName is { } name && tokenizer.Pre is { Length: > 0 } pre ? name + "/" + pre : tokenizer.ModelName,
            VocabularySize = tokenizer.Tokens?.Count ?? 0,
            SpecialTokens = SpecialToken.Of(tokenizer),
            ChatTemplate = TemplateSummary.Of(file, tokenizer),
        };
    }
}

/// <summary>The tensors of one type.</summary>
/// <param name="Type">llama.cpp's name of the type, or its number when it is not known.</param>
/// <param name="Tensors">How many there are.</param>
/// <param name="Bytes">What they take.</param>
public sealed record TypeShare(string Type, int Tensors, long Bytes)
{
    internal static IReadOnlyList<TypeShare> Of(IReadOnlyList<GgufTensor> tensors) =>
    [
        .. tensors
            .GroupBy(tensor => tensor.TypeId)
            .Select(group => new TypeShare(
                group.First().Type?.Name ?? group.Key.ToString(System.Globalization.CultureInfo.InvariantCulture),
                group.Count(),
                (long)Math.Min(group.Sum(tensor => (double)(tensor.Size ?? 0)), long.MaxValue)))
            .OrderByDescending(share => share.Bytes),
    ];
}

/// <summary>A token with a part to play.</summary>
/// <param name="Role">What it does: "bos", "eos", "unknown", "separator", "padding".</param>
/// <param name="Id">Its id.</param>
/// <param name="Text">Its text.</param>
/// <param name="Added">Whether the tokenizer adds it to each text.</param>
public sealed record SpecialToken(string Role, long Id, string Text, bool Added)
{
    internal static IReadOnlyList<SpecialToken> Of(TokenizerInfo tokenizer)
    {
        (string Role, long? Id, bool Added)[] roles =
        [
            ("bos", tokenizer.Bos, tokenizer.AddsBos), ("eos", tokenizer.Eos, tokenizer.AddsEos), ("unknown", tokenizer.Unknown, false),
            ("separator", tokenizer.Separator, tokenizer.Vocabulary?.Kind == VocabularyKind.WordPieces), ("padding", tokenizer.Padding, false),
        ];
        var texts = tokenizer.TextsOf([.. roles.Select(role => role.Id)]);
        return
        [
            .. roles.Zip(texts)
                .Where(pair => pair.First.Id is not null)
                .Select(pair => new SpecialToken(pair.First.Role, pair.First.Id!.Value, pair.Second, pair.First.Added)),
        ];
    }
}

/// <summary>What a chat template can take.</summary>
/// <param name="Characters">Its length.</param>
/// <param name="Error">What is wrong with it, null when nothing is.</param>
/// <param name="SystemMessages">Whether system messages show.</param>
/// <param name="Tools">Whether it describes tools to the model itself; the gateway does where it does not.</param>
/// <param name="ToolCalls">Whether calls and their results show.</param>
/// <param name="ParallelToolCalls">Whether one message may call several tools.</param>
/// <param name="Reasoning">Whether the model thinks before it answers.</param>
public sealed record TemplateSummary(
    int Characters, string? Error, bool SystemMessages, bool Tools, bool ToolCalls, bool ParallelToolCalls, bool Reasoning)
{
    internal static TemplateSummary? Of(GgufFile file, TokenizerInfo tokenizer)
    {
        if (file.Metadata.GetValueOrDefault(TemplateCheck.Key) is not { } value)
        {
            return null;
        }

        var text = value.Text ?? "";
        var error = TemplateCheck.FindError(value);
        var special = tokenizer.TextsOf(tokenizer.Bos, tokenizer.Eos);
        if (error is not null || !Chat.ChatTemplate.TryCreate(text, special[0], special[1], TimeProvider.System, out var template, out _))
        {
            return new TemplateSummary(text.Length, error, false, false, false, false, false);
        }

        var traits = template.Traits;
        return new TemplateSummary(
            text.Length, null, traits.System, traits.ToolsVariable is not null, traits.ToolCalls, traits.ToolCalls && traits.ManyCalls, template.Thinks);
    }
}
