namespace Gateway.Llama.Chat.Parsing;

/// <summary>Finds where a JSON object or array ends in a text that arrives in pieces.</summary>
internal struct JsonValueScanner
{
    private bool _inString;
    private bool _escaped;

    /// <summary>Objects and arrays that are open. Set to begin within some.</summary>
    public int Depth { get; set; }

    /// <summary>Whether the value has ended; also where something stands that no JSON has there.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Takes a piece. Returns how much of it belongs to the value.</summary>
    public int Scan(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (_inString)
            {
                _inString = _escaped || c != '"';
                _escaped = !_escaped && c == '\\';
                continue;
            }

            switch (c)
            {
                case '"':
                    _inString = true;
                    break;
                case '{' or '[':
                    Depth++;
                    break;
                case '}' or ']':
                    Depth--;
                    if (Depth <= 0)
                    {
                        IsDone = true;
                        return i + 1;
                    }

                    break;
                case var _ when !(char.IsAsciiLetterOrDigit(c) || c is ',' or ':' or '+' or '-' or '.' || char.IsWhiteSpace(c)):
                    IsDone = true;
                    return i;
            }
        }

        return text.Length;
    }
}
