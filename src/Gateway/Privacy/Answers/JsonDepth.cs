using System.Text;

namespace Gateway.Privacy;

/// <summary>
/// How a value must be escaped at a place of a text: not at all in prose; in a string of JSON once; in JSON in such a string once more for each string around it.
/// </summary>
/// <param name="isJson">Whether the text is JSON for certain. Otherwise it is when it begins like it.</param>
internal struct JsonDepth(bool isJson)
{
    private const string Fence = "```json";

    private bool _isKnown = isJson;
    private bool _isJson = isJson;
    private bool _inString;

    // In a string of JSON: whether what it holds is JSON again.
    private bool _isNested;
    private bool _atStart;
    private int _backslashes;

    // Of the last quote in a nested string: how many backslashes stood before it.
    private int _quoteBackslashes;
    private string _beginning = "";

    /// <summary>Takes note of text that goes by.</summary>
    public void Pass(ReadOnlySpan<char> text)
    {
        if (!_isKnown && !Begin(text))
        {
            return;
        }

        if (!_isJson)
        {
            return;
        }

        foreach (var c in text)
        {
            if (c == '\\')
            {
                _backslashes++;
                continue;
            }

            if (c == '"')
            {
                PassQuote();
            }
            else if (_inString && _atStart && c != ' ')
            {
                (_isNested, _atStart) = (c is '{' or '[', false);
            }

            _backslashes = 0;
        }
    }

    /// <summary>Writes a value so that it says at this place what it says by itself.</summary>
    public void Write(StringBuilder text, string value)
    {
        _isKnown = true;
        _atStart = false;
        if (!_inString)
        {
            text.Append(value);
            return;
        }

        // 1 backslash before the quotes of the strings within, 3 within those, 7.
        var levels = 1;
        for (var n = _isNested ? _quoteBackslashes : 0; n > 0; n >>= 1)
        {
            levels++;
        }

        for (; levels > 0; levels--)
        {
            var escaped = new StringBuilder(value.Length + 8);
            JsonText.AppendEscaped(escaped, value);
            value = escaped.ToString();
        }

        text.Append(value);
    }

    private void PassQuote()
    {
        if (!_inString)
        {
            (_inString, _isNested, _atStart, _quoteBackslashes) = (true, false, true, 0);
        }
        else if (_backslashes % 2 == 0)
        {
            _inString = false;
        }
        else
        {
            (_quoteBackslashes, _atStart) = (_backslashes, false);
        }
    }

    private bool Begin(ReadOnlySpan<char> text)
    {
        _beginning = string.Concat(_beginning, text).TrimStart();
        if (_beginning.Length == 0 || (_beginning.Length < Fence.Length && Fence.StartsWith(_beginning, StringComparison.Ordinal)))
        {
            return false;
        }

        _isKnown = true;
        _isJson = _beginning[0] is '{' or '[' || _beginning.StartsWith(Fence, StringComparison.Ordinal);
        return true;
    }
}
