using System.Text;
using System.Text.Json;
using Gateway.Exchanges;

namespace Gateway.Privacy;

/// <summary>A value, or the part of one that stands in one string, and what comes in its place.</summary>
/// <param name="Segment">Index of the part of the text that it stands in.</param>
/// <param name="Start">In the text.</param>
/// <param name="End">In the text.</param>
/// <param name="Placeholder">What comes.</param>
internal readonly record struct RedactedPiece(int Segment, int Start, int End, string Placeholder)
{
    /// <summary>What a value says: in JSON in a string its own escapes are undone.</summary>
    public static string Meaning(string value, ReadOnlySpan<char> segment) =>
        value.Contains('\\', StringComparison.Ordinal) && IsJson(segment) ? JsonText.Read(Encoding.UTF8.GetBytes(value)) : value;

    /// <summary>Adds what is to change in the body for the pieces of one part of the text.</summary>
    public static void AddSplices(List<(Splice Splice, bool IsBase64)> splices, ReadOnlySpan<byte> body, ReadOnlySpan<char> text, TextSegment segment, ReadOnlySpan<RedactedPiece> pieces)
    {
        switch (segment.Kind)
        {
            case SegmentKind.Number:
                splices.Add((new Splice(segment.Raw..segment.RawEnd, Encoding.ASCII.GetBytes($"\"{Replace(text, segment, pieces)}\"")), false));
                break;
            case SegmentKind.Base64:
                splices.Add((new Splice(segment.Raw..segment.RawEnd, Encode(body.Slice(segment.Raw, segment.RawLength), Replace(text, segment, pieces))), true));
                break;
            default:
                var raw = body.Slice(segment.Raw, segment.RawLength);
                var (rawAt, at) = (0, segment.Start);
                var isJson = IsJson(text.Slice(segment.Start, segment.Length));
                foreach (var piece in pieces)
                {
                    rawAt += JsonText.Measure(raw[rawAt..], piece.Start - at);
                    var rawEnd = rawAt + JsonText.Measure(raw[rawAt..], piece.End - piece.Start);
                    var quote = isJson ? QuoteOf(text[segment.Start..segment.End], piece.Start - segment.Start, piece.End - segment.Start) : "";
                    splices.Add((new Splice((segment.Raw + rawAt)..(segment.Raw + rawEnd), Encoding.ASCII.GetBytes($"{quote}{piece.Placeholder}{quote}")), false));
                    (rawAt, at) = (rawEnd, piece.End);
                }

                break;
        }
    }

    // A text may begin like JSON and be none.
    private static bool IsJson(ReadOnlySpan<char> text)
    {
        if (text.TrimStart() is not ['{' or '[', ..])
        {
            return false;
        }

        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var reader = new Utf8JsonReader(bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes)), new JsonReaderOptions { MaxDepth = 256 });
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // A number in JSON in a string becomes a string there: with quotes as the key before it has them, however deep.
    private static string QuoteOf(ReadOnlySpan<char> json, int start, int end)
    {
        if (json[..start].TrimEnd() is not [.., ':' or ',' or '['] || json[end..].TrimStart() is not ([] or [',' or '}' or ']', ..]))
        {
            return "";
        }

        var quote = json[..start].LastIndexOf('"');
        var first = quote;
        while (first > 0 && json[first - 1] == '\\')
        {
            first--;
        }

        // As it stands in the body, where each is escaped once more.
        return quote < 0 ? "\\\"" : string.Concat(Enumerable.Repeat("\\\\", quote - first)) + "\\\"";
    }

    private static string Replace(ReadOnlySpan<char> text, TextSegment segment, ReadOnlySpan<RedactedPiece> pieces)
    {
        var (result, at) = (new StringBuilder(segment.Length), segment.Start);
        foreach (var piece in pieces)
        {
            result.Append(text[at..piece.Start]).Append(piece.Placeholder);
            at = piece.End;
        }

        return result.Append(text[at..segment.End]).ToString();
    }

    // In the alphabet and with the padding that it came with.
    private static byte[] Encode(ReadOnlySpan<byte> raw, string text)
    {
        var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        encoded = raw.IndexOfAny("-_"u8) >= 0 ? encoded.Replace('+', '-').Replace('/', '_') : encoded;
        return Encoding.ASCII.GetBytes(raw.EndsWith("="u8) || raw.Length % 4 == 0 ? encoded : encoded.TrimEnd('='));
    }
}
