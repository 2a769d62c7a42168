namespace LLama.Native;

/// <summary>llama_pooling_type: how the vectors of a text's tokens become one.</summary>
internal enum LLamaPoolingType
{
    /// <summary>As the model's file says.</summary>
    Unspecified = -1,

    /// <summary>They stay a vector for each token.</summary>
    None = 0,
    Mean = 1,

    /// <summary>The first token's.</summary>
    CLS = 2,

    /// <summary>The last token's.</summary>
    Last = 3,

    /// <summary>A score, made by the model's classification head.</summary>
    Rank = 4,
}
