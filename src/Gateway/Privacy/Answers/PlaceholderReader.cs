using System.Text;

namespace Gateway.Privacy;

/// <summary>
/// Puts values back where placeholders stand in one text of an answer, in whatever pieces it comes. Holds back no more than what may be the beginning of one;
/// what is none of this request's stays as it is.
/// </summary>
/// <param name="redaction">The values.</param>
/// <param name="isJson">Whether the text is JSON for certain, as arguments of tools are; otherwise it shows.</param>
internal sealed class PlaceholderReader(RedactedRequest redaction, bool isJson)
{
    // As some models and servers write brackets inside JSON.
    private const string EscapedOpen = "\\u003c";
    private const string EscapedClose = "\\u003e";

    private readonly StringBuilder _out = new();
    private string _held = "";
    private JsonDepth _depth = new(isJson);

    public bool IsHolding => _held.Length > 0;

    /// <summary>What can be told of the text by now.</summary>
    /// <param name="piece">The next piece.</param>
    /// <param name="isLast">Whether nothing follows.</param>
    public string Read(string piece, bool isLast)
    {
        if (_held.Length == 0 && !piece.Contains('<', StringComparison.Ordinal) && !piece.Contains('\\', StringComparison.Ordinal))
        {
            _depth.Pass(piece);
            return piece;
        }

        var text = _held + piece;
        _held = "";
        _out.Clear();
        var (at, changed) = (0, text.Length != piece.Length);
        while (at < text.Length)
        {
            var open = text.AsSpan(at).IndexOfAny('<', '\\') is >= 0 and var found ? at + found : text.Length;
            Pass(text.AsSpan(at, open - at));
            at = open;
            if (at == text.Length)
            {
                break;
            }

            var match = Match(text.AsSpan(at), out var length, out var placeholder);
            if (match == Found.More && !isLast)
            {
                _held = text[at..];
                return _out.ToString();
            }

            if (match == Found.Whole && redaction.ValueOf(placeholder) is { } value)
            {
                _depth.Write(_out, value);
                at += length;
                changed = true;
                continue;
            }

            // A backslash with what it escapes, so that an escaped one opens nothing.
            var skip = text[at] == '\\' && at + 1 < text.Length && text[at + 1] == '\\' ? 2 : 1;
            Pass(text.AsSpan(at, skip));
            at += skip;
        }

        return changed ? _out.ToString() : piece;
    }

    private void Pass(ReadOnlySpan<char> text)
    {
        _depth.Pass(text);
        _out.Append(text);
    }

    private static Found Match(ReadOnlySpan<char> text, out int length, out string placeholder)
    {
        (length, placeholder) = (0, "");
        var rest = text;
        var opened = Take(ref rest, "<", EscapedOpen);
        if (opened != Found.Whole)
        {
            return opened;
        }

        var kind = Run(ref rest, Placeholders.KindCharacters, Placeholders.LongestKind);
        if (kind.IsEmpty || rest.IsEmpty || rest[0] != ':')
        {
            return rest.IsEmpty && kind.Length <= Placeholders.LongestKind ? Found.More : Found.None;
        }

        rest = rest[1..];
        var id = Run(ref rest, Placeholders.IdCharacters, Placeholders.LongestId);
        if (rest.IsEmpty)
        {
            return Found.More;
        }

        var closed = id.IsEmpty ? Found.None : Take(ref rest, ">", EscapedClose);
        if (closed == Found.Whole)
        {
            (length, placeholder) = (text.Length - rest.Length, $"<{kind}:{id}>");
        }

        return closed;
    }

    private static ReadOnlySpan<char> Run(ref ReadOnlySpan<char> rest, System.Buffers.SearchValues<char> characters, int most)
    {
        var bound = rest[..Math.Min(rest.Length, most)];
        var length = bound.IndexOfAnyExcept(characters) is >= 0 and var end ? end : bound.Length;
        var run = rest[..length];
        rest = rest[length..];
        return run;
    }

    private static Found Take(ref ReadOnlySpan<char> rest, string plain, string escaped)
    {
        foreach (var mark in (ReadOnlySpan<string>)[plain, escaped])
        {
            if (rest.StartsWith(mark, StringComparison.OrdinalIgnoreCase))
            {
                rest = rest[mark.Length..];
                return Found.Whole;
            }

            if (rest.Length < mark.Length && mark.AsSpan().StartsWith(rest, StringComparison.OrdinalIgnoreCase))
            {
                return Found.More;
            }
        }

        return Found.None;
    }

    private enum Found
    {
        None,

        /// <summary>As far as it goes.</summary>
        More,
        Whole,
    }
}
