using System.Numerics;

namespace Gateway.Telemetry.Prometheus;

/// <summary>
/// Compares the tags of measurements in their given order, straight from the caller's stack: finding a known series copies nothing.
/// </summary>
internal sealed class TagSetComparer :
    IEqualityComparer<KeyValuePair<string, object?>[]>,
    IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>, KeyValuePair<string, object?>[]>
{
    public bool Equals(KeyValuePair<string, object?>[]? x, KeyValuePair<string, object?>[]? y) =>
        ReferenceEquals(x, y) || (x is not null && y is not null && Equals((ReadOnlySpan<KeyValuePair<string, object?>>)x, y));

    public int GetHashCode(KeyValuePair<string, object?>[] obj) => GetHashCode((ReadOnlySpan<KeyValuePair<string, object?>>)obj);

    public KeyValuePair<string, object?>[] Create(ReadOnlySpan<KeyValuePair<string, object?>> alternate) => alternate.ToArray();

    public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> alternate, KeyValuePair<string, object?>[] other)
    {
        if (alternate.Length != other.Length)
        {
            return false;
        }

        for (var i = 0; i < other.Length; i++)
        {
            ref readonly var a = ref alternate[i];
            ref readonly var b = ref other[i];
            if (!string.Equals(a.Key, b.Key, StringComparison.Ordinal)
                || (!ReferenceEquals(a.Value, b.Value) && !Equals(a.Value, b.Value)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Hashes the values alone: the names of one instrument's tags hardly ever differ, and hashing them would double the cost.
    /// The hash of a string is seeded per process, so that nobody can choose values that collide.
    /// </summary>
    public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> alternate)
    {
        var hash = (uint)alternate.Length;
        foreach (ref readonly var tag in alternate)
        {
            hash = BitOperations.RotateLeft(hash, 5) ^ (uint)(tag.Value?.GetHashCode() ?? 0);
        }

        return (int)hash;
    }
}
