using System.Text.Json;

namespace Gateway.Llama.Chat.Parsing;

/// <summary>The beginning of a call's JSON object, up to its arguments.</summary>
internal ref struct JsonCallHead(ReadOnlySpan<char> text, JsonCallShape shape)
{
    private readonly ReadOnlySpan<char> _text = text;

    /// <summary>How much of the text was read.</summary>
    public int Length { get; private set; }

    /// <summary>The tool; null until it was read.</summary>
    public string? Name { get; private set; }

    /// <summary>The arguments, where the head holds them: they stood before the name, were text, or there are none.</summary>
    public string? Arguments { get; private set; }

    /// <summary>Objects that are open behind the head.</summary>
    public int Depth { get; private set; }

    /// <summary>Reads up to the brace of the arguments, which is not taken; or to the end of the object.</summary>
    /// <param name="isTool">Whether there is a tool of a name.</param>
    public Fit Read(Func<string, bool> isTool)
    {
        Space();
        if (Peek() == '[')
        {
            Length++;
            Space();
        }

        if (Expect('{') is not Fit.Yes and var first)
        {
            return first;
        }

        Depth = 1;
        while (true)
        {
            var fit = ReadMember(isTool, out var isEnd);
            if (fit != Fit.Yes || isEnd)
            {
                return fit;
            }
        }
    }

    private Fit ReadMember(Func<string, bool> isTool, out bool isEnd)
    {
        isEnd = false;
        if (ReadString(out var key) is not Fit.Yes and var keyFit)
        {
            return keyFit;
        }

        if (Expect(':') is not Fit.Yes and var colon)
        {
            return colon;
        }

        Space();
        if (Peek() == '\0')
        {
            return Fit.Partly;
        }

        if (shape.IsWrapper(key) && Peek() == '{')
        {
            Length++;
            Depth++;
            return Fit.Yes;
        }

        Fit value;
        if (shape.IsName(key))
        {
            value = ReadString(out var name);
            Name = name;
            value = value == Fit.Yes && !isTool(name) ? Fit.No : value;
        }
        else if (shape.IsArguments(key))
        {
            if (Name is not null && Peek() == '{')
            {
                isEnd = true;
                return Fit.Yes;
            }

            value = ReadArguments();
        }
        else
        {
            value = shape.IsOther(key) ? ReadScalar() : Fit.No;
        }

        return value == Fit.Yes ? ReadSeparator(out isEnd) : value;
    }

    private Fit ReadSeparator(out bool isEnd)
    {
        isEnd = false;
        Space();
        while (Peek() == '}')
        {
            Length++;
            Depth--;
            if (Depth == 0)
            {
                isEnd = true;
                Arguments ??= "{}";
                return Name is null ? Fit.No : Fit.Yes;
            }

            Space();
        }

        return Expect(',');
    }

    // They stand before the name, or are text.
    private Fit ReadArguments()
    {
        if (Peek() == '"')
        {
            var fit = ReadString(out var text);
            Arguments = text;
            return fit == Fit.Yes && !IsObject(text) ? Fit.No : fit;
        }

        if (Peek() != '{')
        {
            return Fit.No;
        }

        var scanner = default(JsonValueScanner);
        var length = scanner.Scan(_text[Length..]);
        if (!scanner.IsDone)
        {
            return Fit.Partly;
        }

        Arguments = new string(_text.Slice(Length, length));
        Length += length;
        return IsObject(Arguments) ? Fit.Yes : Fit.No;
    }

    private Fit ReadScalar()
    {
        if (Peek() == '"')
        {
            return ReadString(out _);
        }

        var rest = _text[Length..];
        var end = rest.IndexOfAny(",}");
        if (end < 0)
        {
            return Fit.Partly;
        }

        Length += end;
        return Fit.Yes;
    }

    private Fit ReadString(out string value)
    {
        value = "";
        if (Expect('"') is not Fit.Yes and var quote)
        {
            return quote;
        }

        var escaped = false;
        for (var i = Length; i < _text.Length; i++)
        {
            if (_text[i] == '"' && !escaped)
            {
                var token = _text[(Length - 1)..(i + 1)];
                Length = i + 1;
                return TryDecode(token, out value) ? Fit.Yes : Fit.No;
            }

            escaped = !escaped && _text[i] == '\\';
        }

        return Fit.Partly;
    }

    private Fit Expect(char expected)
    {
        Space();
        if (Length == _text.Length)
        {
            return Fit.Partly;
        }

        if (_text[Length] != expected)
        {
            return Fit.No;
        }

        Length++;
        return Fit.Yes;
    }

    private readonly char Peek() => Length < _text.Length ? _text[Length] : '\0';

    private void Space() => Length = Mark.SkipSpace(_text, Length);

    private static bool TryDecode(ReadOnlySpan<char> token, out string value)
    {
        try
        {
            value = JsonSerializer.Deserialize<string>(token) ?? "";
            return true;
        }
        catch (JsonException)
        {
            // A line break within a string, an escape that there is not.
            value = "";
            return false;
        }
    }

    private static bool IsObject(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
