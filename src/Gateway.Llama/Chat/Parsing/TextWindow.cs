namespace Gateway.Llama.Chat.Parsing;

/// <summary>The part of a text that arrives in pieces which is not yet understood.</summary>
internal sealed class TextWindow
{
    private char[] _chars = new char[256];
    private int _first;
    private int _end;

    /// <summary>What there is of it.</summary>
    public ReadOnlySpan<char> Span => _chars.AsSpan(_first, _end - _first);

    /// <summary>Where it begins in the whole text.</summary>
    public int Start { get; private set; }

    /// <summary>Adds a piece.</summary>
    /// <param name="text">The piece.</param>
    /// <param name="start">Where it begins in the whole text; it follows the piece before.</param>
    public void Append(ReadOnlySpan<char> text, int start)
    {
        if (_first == _end)
        {
            (_first, _end, Start) = (0, 0, start);
        }

        if (_chars.Length - _end < text.Length)
        {
            var length = _end - _first;
            var chars = length + text.Length <= _chars.Length ? _chars : new char[Math.Max(2 * _chars.Length, length + text.Length)];
            Array.Copy(_chars, _first, chars, 0, length);
            (_chars, _first, _end) = (chars, 0, length);
        }

        text.CopyTo(_chars.AsSpan(_end));
        _end += text.Length;
    }

    /// <summary>Takes characters off the front.</summary>
    public void Skip(int count)
    {
        _first += count;
        Start += count;
    }

    /// <summary>As <see cref="Skip"/>, and gives them back.</summary>
    public string Take(int count)
    {
        var text = new string(_chars, _first, count);
        Skip(count);
        return text;
    }
}
