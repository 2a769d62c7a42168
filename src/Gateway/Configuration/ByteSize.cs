using System.Globalization;

namespace Gateway.Configuration;

/// <summary>Amounts of memory as the file has them: <c>512MiB</c>, <c>12GiB</c>, <c>16GB</c>.</summary>
/// <param name="Bytes">How many, at least one; 0 only where a key may have that (<see cref="OrZeroAttribute"/>).</param>
internal readonly record struct ByteSize(long Bytes)
{
    public const string Pattern = "^[1-9][0-9]{0,8}(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$";

    public const string InWords = "an amount of memory: one whole number and its unit, such as 512MiB, 12GiB or 16GB";

    private static readonly (string Unit, long Bytes)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1),
    ];

    public static bool TryParse(string text, out ByteSize value)
    {
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits is > 0 and <= 9 && text[0] != '0')
        {
            foreach (var (unit, bytes) in Units)
            {
                if (text.AsSpan(digits).SequenceEqual(unit))
                {
                    // At most 999,999,999 TiB = 1.1e21 bytes, which a long does not hold; the cap of 8 million TiB is above any machine.
                    var count = long.Parse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture);
                    value = new(Math.Min(count, (1L << 62) / bytes) * bytes);
                    return true;
                }
            }
        }

        value = default;
        return false;
    }
}
