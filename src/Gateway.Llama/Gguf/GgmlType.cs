using System.Collections.Frozen;

namespace Gateway.Llama.Gguf;

/// <summary>A type of tensor data (ggml_type in ggml.h, layouts in ggml-common.h).</summary>
public sealed class GgmlType
{
    private static readonly FrozenDictionary<uint, GgmlType> Known = Table().ToFrozenDictionary(type => type.Id);

    private GgmlType(uint id, string name, int blockLength, int blockBytes, GgmlTypeUse use, params ReadOnlySpan<int> scales)
    {
        Id = id;
        Name = name;
        BlockLength = blockLength;
        BlockBytes = blockBytes;
        Use = use;
        Scales = scales.ToArray();
    }

    /// <summary>Its number in the file.</summary>
    public uint Id { get; }

    /// <summary>llama.cpp's name, such as "Q4_K".</summary>
    public string Name { get; }

    /// <summary>Weights that are packed together.</summary>
    public int BlockLength { get; }

    /// <summary>Bytes of a block.</summary>
    public int BlockBytes { get; }

    /// <summary>What libllama can do with weights of it.</summary>
    internal GgmlTypeUse Use { get; }

    /// <summary>Where half precision scales stand in a block; a NaN there is a NaN in each weight of the block.</summary>
    internal int[] Scales { get; }

    internal bool IsQuantized => BlockLength > 1;

    /// <summary>The type with this number, null when there is none (any more).</summary>
    public static GgmlType? Find(uint id) => Known.GetValueOrDefault(id);

    /// <summary>Types that files used once; libllama does not read them any more.</summary>
    internal static bool IsRemoved(uint id) => id is 4 or 5 or 31 or 32 or 33 or 36 or 37 or 38;

    private static GgmlType[] Table() =>
    [
        new(0, "F32", 1, 4, GgmlTypeUse.Weights),
        new(1, "F16", 1, 2, GgmlTypeUse.Weights),
        new(2, "Q4_0", 32, 18, GgmlTypeUse.Weights, 0),
        new(3, "Q4_1", 32, 20, GgmlTypeUse.Weights, 0, 2),
        new(6, "Q5_0", 32, 22, GgmlTypeUse.Weights, 0),
        new(7, "Q5_1", 32, 24, GgmlTypeUse.Weights, 0, 2),
        new(8, "Q8_0", 32, 34, GgmlTypeUse.Weights, 0),
        new(9, "Q8_1", 32, 36, GgmlTypeUse.None),
        new(10, "Q2_K", 256, 84, GgmlTypeUse.Weights, 80, 82),
        new(11, "Q3_K", 256, 110, GgmlTypeUse.Weights, 108),
        new(12, "Q4_K", 256, 144, GgmlTypeUse.Weights, 0, 2),
        new(13, "Q5_K", 256, 176, GgmlTypeUse.Weights, 0, 2),
        new(14, "Q6_K", 256, 210, GgmlTypeUse.Weights, 208),
        new(15, "Q8_K", 256, 292, GgmlTypeUse.None),
        new(16, "IQ2_XXS", 256, 66, GgmlTypeUse.Weights, 0),
        new(17, "IQ2_XS", 256, 74, GgmlTypeUse.Weights, 0),
        new(18, "IQ3_XXS", 256, 98, GgmlTypeUse.Weights, 0),
        new(19, "IQ1_S", 256, 50, GgmlTypeUse.Weights, 0),
        new(20, "IQ4_NL", 32, 18, GgmlTypeUse.Weights, 0),
        new(21, "IQ3_S", 256, 110, GgmlTypeUse.Weights, 0),
        new(22, "IQ2_S", 256, 82, GgmlTypeUse.Weights, 0),
        new(23, "IQ4_XS", 256, 136, GgmlTypeUse.Weights, 0),
        new(24, "I8", 1, 1, GgmlTypeUse.None),
        new(25, "I16", 1, 2, GgmlTypeUse.None),
        new(26, "I32", 1, 4, GgmlTypeUse.Indices),
        new(27, "I64", 1, 8, GgmlTypeUse.Indices),
        new(28, "F64", 1, 8, GgmlTypeUse.None),
        new(29, "IQ1_M", 256, 56, GgmlTypeUse.Weights),
        new(30, "BF16", 1, 2, GgmlTypeUse.Weights),
        new(34, "TQ1_0", 256, 54, GgmlTypeUse.Weights, 52),
        new(35, "TQ2_0", 256, 66, GgmlTypeUse.Weights, 64),
        new(39, "MXFP4", 32, 17, GgmlTypeUse.Weights),
        new(40, "NVFP4", 64, 36, GgmlTypeUse.Weights),
        new(41, "Q1_0", 128, 18, GgmlTypeUse.Weights, 0),
        new(42, "Q2_0", 64, 18, GgmlTypeUse.Weights, 0),
    ];
}

internal enum GgmlTypeUse
{
    /// <summary>Only between two operations; libllama ends the process when a weight has it.</summary>
    None,

    /// <summary>Matrices of weights.</summary>
    Weights,

    /// <summary>Tables of numbers of experts or tokens, in the few architectures that have them.</summary>
    Indices,
}
