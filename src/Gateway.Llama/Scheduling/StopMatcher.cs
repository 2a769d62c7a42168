namespace Gateway.Llama.Scheduling;

/// <summary>
/// Finds the first stop text in an answer that arrives in pieces. What could be the beginning of one is held back until it is clear, so no
/// part of a stop text gets out.
/// </summary>
internal sealed class StopMatcher(IReadOnlyList<string> stops)
{
    private char[] _held = [];
    private int _length;

    /// <summary>Whether a stop text came. Nothing more is passed on from then.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Takes the next piece; what is certainly before any stop text goes to <paramref name="output"/>.</summary>
    public void Append(ReadOnlySpan<char> text, Generation output)
    {
        if (Stopped)
        {
            return;
        }

        if (stops.Count == 0)
        {
            output.Append(text);
            return;
        }

        if (_held.Length < _length + text.Length)
        {
            Array.Resize(ref _held, Math.Max(_length + text.Length, 2 * _held.Length));
        }

        text.CopyTo(_held.AsSpan(_length));
        _length += text.Length;
        var held = _held.AsSpan(0, _length);
        var sure = Find(held);
        Stopped = sure >= 0;
        if (!Stopped)
        {
            sure = held.Length - LongestBeginning(held);
        }

        output.Append(held[..sure]);
        held[sure..].CopyTo(_held);
        _length = Stopped ? 0 : _length - sure;
    }

    /// <summary>The answer ended without a stop text: passes on what was held back.</summary>
    public void Flush(Generation output)
    {
        output.Append(_held.AsSpan(0, _length));
        _length = 0;
    }

    private int Find(ReadOnlySpan<char> text)
    {
        var first = -1;
        foreach (var stop in stops)
        {
            var index = text.IndexOf(stop, StringComparison.Ordinal);
            if (index >= 0 && (first < 0 || index < first))
            {
                first = index;
            }
        }

        return first;
    }

    /// <summary>Length of the longest end of <paramref name="text"/> that a stop text begins with.</summary>
    private int LongestBeginning(ReadOnlySpan<char> text)
    {
        var longest = 0;
        foreach (var stop in stops)
        {
            for (var length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
            {
                if (text[^length..].SequenceEqual(stop.AsSpan(0, length)))
                {
                    longest = length;
                }
            }
        }

        return longest;
    }
}
