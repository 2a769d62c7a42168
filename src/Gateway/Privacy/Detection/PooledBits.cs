using System.Buffers;

namespace Gateway.Privacy.Detection;

/// <summary>Marks ranges as taken.</summary>
internal readonly struct PooledBits
{
    private readonly bool[] _bits;

    public PooledBits(int count)
    {
        _bits = ArrayPool<bool>.Shared.Rent(count);
        _bits.AsSpan(0, count).Clear();
    }

    /// <summary>Takes a range, ends included, unless some of it is taken.</summary>
    public bool TryTake(int first, int last)
    {
        var range = _bits.AsSpan(first, last - first + 1);
        if (range.Contains(true))
        {
            return false;
        }

        range.Fill(true);
        return true;
    }

    public void Return() => ArrayPool<bool>.Shared.Return(_bits);
}
