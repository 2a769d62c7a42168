using System.Buffers;
using Gateway.Exchanges;

namespace Gateway.Privacy;

/// <summary>Puts placeholders into a request in place of personal data: in strings, keys, numbers, JSON in strings and text in base64.</summary>
internal static class Redactor
{
    // More of them are no conversation but a dump of a database, and looking for each of them everywhere has its price.
    private const int MostValues = 4096;

    // Shorter ones stand in too much that is no personal data.
    private const int LeastRepeated = 6;

    /// <param name="envelope">The request as it came.</param>
    /// <param name="text">What it says.</param>
    /// <param name="spans">What is to be replaced, by place; nothing overlaps.</param>
    /// <param name="key">For ids by hash; null to count.</param>
    /// <returns>Null when it cannot be done.</returns>
    public static RedactedRequest? Redact(RequestEnvelope envelope, scoped in RequestText text, List<PersonalDataSpan> spans, byte[]? key)
    {
        var kinds = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var span in spans)
        {
            kinds.TryAdd(new string(text.Text.Slice(span.Start, span.Length)), span.Kind);
        }

        if (kinds.Count > MostValues)
        {
            return null;
        }

        var names = new Placeholders(text.Text, kinds.Values, key);
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var (placeholders, replaced) = (new Dictionary<string, string>(StringComparer.Ordinal), new Findings());
        var pieces = new List<RedactedPiece>();
        var segments = text.Segments;
        var first = 0;
        foreach (var span in WithRepetitions(text.Text, spans, kinds))
        {
            while (first < segments.Length && segments[first].End <= span.Start)
            {
                first++;
            }

            replaced.Add(span.Kind);
            for (var s = first; s < segments.Length && segments[s].Start < span.End; s++)
            {
                var (start, end) = (Math.Max(span.Start, segments[s].Start), Math.Min(span.End, segments[s].End));
                if (start == end)
                {
                    continue;
                }

                var value = new string(text.Text[start..end]);
                if (!placeholders.TryGetValue(value, out var placeholder))
                {
                    placeholder = names.Next(span.Kind, value, values);
                    placeholders.Add(value, placeholder);
                    values.Add(placeholder, RedactedPiece.Meaning(value, text.Text.Slice(segments[s].Start, segments[s].Length)));
                }

                pieces.Add(new(s, start, end, placeholder));
            }
        }

        return Assemble(envelope, in text, pieces) is { } redacted ? new RedactedRequest(redacted, values, replaced) : null;
    }

    // What is known to be personal data is that wherever it stands, also where nothing around it says so, and also without its separators.
    private static List<PersonalDataSpan> WithRepetitions(ReadOnlySpan<char> text, List<PersonalDataSpan> spans, Dictionary<string, string> kinds)
    {
        var wanted = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (value, kind) in kinds)
        {
            if (value.Length >= LeastRepeated)
            {
                wanted.TryAdd(value, kind);
            }

            var bare = string.Concat(value.Where(char.IsAsciiLetterOrDigit));
            if (bare.Length >= LeastRepeated && bare.Any(char.IsAsciiDigit) && !value.Contains('@', StringComparison.Ordinal))
            {
                wanted.TryAdd(bare, kind);
            }
        }

        if (wanted.Count == 0)
        {
            return spans;
        }

        var (all, next, at) = (new List<PersonalDataSpan>(spans.Count), 0, 0);
        var search = SearchValues.Create([.. wanted.Keys], StringComparison.Ordinal);
        int[] lengths = [.. wanted.Keys.Select(k => k.Length).Distinct().OrderDescending()];
        var lookup = wanted.GetAlternateLookup<ReadOnlySpan<char>>();
        while (true)
        {
            var limit = next < spans.Count ? spans[next].Start : text.Length;
            var found = at < limit ? text[at..limit].IndexOfAny(search) : -1;
            if (found < 0)
            {
                if (next == spans.Count)
                {
                    return all;
                }

                all.Add(spans[next]);
                at = spans[next++].End;
                continue;
            }

            at += found;
            var length = 0;
            foreach (var one in lengths)
            {
                if (at + one <= limit && lookup.TryGetValue(text.Slice(at, one), out var kind) && IsWhole(text, at, at + one))
                {
                    all.Add(new(kind, at, one, 1));
                    length = one;
                    break;
                }
            }

            at += Math.Max(1, length);
        }
    }

    private static bool IsWhole(ReadOnlySpan<char> text, int start, int end) =>
        (start == 0 || !char.IsAsciiLetterOrDigit(text[start - 1])) && (end == text.Length || !char.IsAsciiLetterOrDigit(text[end]));

    private static RequestEnvelope? Assemble(RequestEnvelope envelope, scoped in RequestText text, List<RedactedPiece> pieces)
    {
        var splices = Splices(envelope.Body.Span, in text, pieces);
        if (splices is null)
        {
            return null;
        }

        var body = envelope.Body.Span;
        var length = body.Length + splices.Sum(s => s.Replacement.Length - (s.Range.End.Value - s.Range.Start.Value));
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        var (at, to) = (0, 0);
        foreach (var splice in splices)
        {
            var unchanged = body[at..splice.Range.Start.Value];
            unchanged.CopyTo(buffer.AsSpan(to));
            splice.Replacement.Span.CopyTo(buffer.AsSpan(to + unchanged.Length));
            to += unchanged.Length + splice.Replacement.Length;
            at = splice.Range.End.Value;
        }

        body[at..].CopyTo(buffer.AsSpan(to));

        // Read anew, for the places of its fields are others now. What was JSON before is so still.
        if (RequestEnvelopeReader.Read(buffer, length, out _, needsModel: envelope.Model.Length > 0) is { } redacted)
        {
            return redacted;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return null;
    }

    // In the order of the body, nothing over another. Null where two would be.
    private static List<Splice>? Splices(ReadOnlySpan<byte> body, scoped in RequestText text, List<RedactedPiece> pieces)
    {
        var splices = new List<(Splice Splice, bool IsBase64)>(pieces.Count);
        for (var p = 0; p < pieces.Count;)
        {
            var count = 1;
            while (p + count < pieces.Count && pieces[p + count].Segment == pieces[p].Segment)
            {
                count++;
            }

            var segment = text.Segments[pieces[p].Segment];
            RedactedPiece.AddSplices(splices, body, text.Text, segment, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(pieces).Slice(p, count));
            p += count;
        }

        splices.Sort((a, b) => a.Splice.Range.Start.Value.CompareTo(b.Splice.Range.Start.Value) is not 0 and var order ? order : b.IsBase64.CompareTo(a.IsBase64));
        var kept = new List<Splice>(splices.Count);
        var wasBase64 = false;
        foreach (var (splice, isBase64) in splices)
        {
            var end = kept.Count == 0 ? 0 : kept[^1].Range.End.Value;
            if (splice.Range.Start.Value >= end)
            {
                kept.Add(splice);
                wasBase64 = isBase64;
            }
            else if (!wasBase64 || splice.Range.End.Value > end)
            {
                // Something that looks like a value reaches out of base64 that is replaced whole.
                return null;
            }
        }

        return kept;
    }
}
