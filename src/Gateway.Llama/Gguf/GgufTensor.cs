using System.Globalization;

namespace Gateway.Llama.Gguf;

/// <summary>What a file says of one tensor.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Dimensions">Four lengths, the innermost first; those that the file does not give are 1.</param>
/// <param name="Rank">Lengths that the file gives.</param>
/// <param name="TypeId">Number of its type in the file.</param>
/// <param name="Offset">Where its data begins, in bytes from the beginning of the file's data.</param>
public sealed record GgufTensor(string Name, IReadOnlyList<long> Dimensions, int Rank, uint TypeId, ulong Offset)
{
    /// <summary>The type, null when it is not known.</summary>
    public GgmlType? Type { get; } = GgmlType.Find(TypeId);

    /// <summary>Number of weights; 0 when that is more than 2^63 or a length is negative.</summary>
    public long Count { get; } = Multiply(Dimensions);

    /// <summary>Bytes of its data; null when they cannot be known.</summary>
    public long? Size =>
        Type is { } type && Count > 0 && Dimensions[0] % type.BlockLength == 0 && Count / type.BlockLength <= long.MaxValue / type.BlockBytes
            ? Count / type.BlockLength * type.BlockBytes
            : null;

    /// <summary>Its shape, such as "576 x 1536".</summary>
    public string Shape => string.Join(" x ", Dimensions.Take(Math.Max(Rank, 1)).Select(length => length.ToString(CultureInfo.InvariantCulture)));

    internal string Field => $"tensor \"{GgufText.Show(Name)}\"";

    private static long Multiply(IReadOnlyList<long> dimensions)
    {
        var product = 1L;
        foreach (var length in dimensions)
        {
            if (length <= 0 || product > long.MaxValue / length)
            {
                return 0;
            }

            product *= length;
        }

        return product;
    }
}
