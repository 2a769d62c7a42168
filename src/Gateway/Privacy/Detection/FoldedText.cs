using System.Buffers;

namespace Gateway.Privacy.Detection;

/// <summary>
/// A text as the detectors read it: disguises undone, with a way back to where everything stood. Text that needs no change is not copied.
/// </summary>
internal ref struct FoldedText(ReadOnlySpan<char> original)
{
    private readonly int _originalLength = original.Length;

    // Where the way back changes its offset: from the folded position on, original = Original + (folded - Folded) until the next entry.
    private (int Folded, int Original)[]? _map;
    private int _mapLength;
    private char[]? _buffer;
    private int _length;

    /// <summary>The folded text.</summary>
    public ReadOnlySpan<char> Text { get; private set; } = original;

    public static FoldedText Of(ReadOnlySpan<char> text)
    {
        var folded = new FoldedText(text);
        Folder.Fold(text, ref folded);
        return folded;
    }

    /// <summary>Where in the original stands what stands here in the folded text. What was dropped behind the last character counts as part of it.</summary>
    public readonly (int Start, int End) ToOriginal(int start, int end) => (Map(start), end < Text.Length ? Map(end) : _originalLength);

    public readonly void Return()
    {
        if (_buffer is not null)
        {
            ArrayPool<char>.Shared.Return(_buffer);
        }

        if (_map is not null)
        {
            ArrayPool<(int, int)>.Shared.Return(_map);
        }
    }

    /// <summary>Takes characters as they are.</summary>
    public void Copy(ReadOnlySpan<char> text)
    {
        text.CopyTo(_buffer.AsSpan(_length));
        _length += text.Length;
    }

    /// <summary>Takes one character for some of the original; nothing of it where it is <see cref="FoldTable.Dropped"/>.</summary>
    /// <param name="c">The character.</param>
    /// <param name="next">Where the original goes on.</param>
    public void Put(char c, int next)
    {
        if (c != FoldTable.Dropped)
        {
            _buffer![_length++] = c;
        }

        var (folded, origin) = _mapLength == 0 ? (0, 0) : _map![_mapLength - 1];
        if (origin + (_length - folded) == next)
        {
            return;
        }

        if (folded == _length && _mapLength > 0)
        {
            _map![_mapLength - 1] = (_length, next);
            return;
        }

        if (_map is null || _mapLength == _map.Length)
        {
            var larger = ArrayPool<(int, int)>.Shared.Rent(Math.Max(64, _mapLength * 2));
            _map.AsSpan(0, _mapLength).CopyTo(larger);
            if (_map is not null)
            {
                ArrayPool<(int, int)>.Shared.Return(_map);
            }

            _map = larger;
        }

        _map[_mapLength++] = (_length, next);
    }

    /// <summary>As <see cref="Put"/>, in the place of a space before it as well.</summary>
    public void PutOverSpace(char c, int next)
    {
        if (_length > 0 && _buffer![_length - 1] == ' ')
        {
            _length--;
        }

        Put(c, next);
    }

    /// <summary>The text changes from here on. Folding never makes it longer.</summary>
    public void Begin(ReadOnlySpan<char> unchanged)
    {
        _buffer = ArrayPool<char>.Shared.Rent(_originalLength);
        Copy(unchanged);
    }

    public void End() => Text = _buffer.AsSpan(0, _length);

    private readonly int Map(int folded)
    {
        // The last entry at or before the position.
        var (low, high) = (0, _mapLength - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (_map![middle].Folded <= folded)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high < 0 ? folded : _map![high].Original + (folded - _map[high].Folded);
    }
}
