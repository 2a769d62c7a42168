namespace Gateway.Llama.Templates.Values;

/// <summary>
/// Which stretches of a string came from the caller. Nearly every string is wholly the caller's or wholly the template's, so those two
/// cost nothing.
/// </summary>
internal readonly struct Taint
{
    private static readonly TextSpan[] WholeMarker = [default];

    private readonly TextSpan[]? _spans;

    private Taint(TextSpan[]? spans) => _spans = spans;

    /// <summary>The template's own text.</summary>
    public static Taint None => default;

    /// <summary>The caller's text from end to end.</summary>
    public static Taint Whole => new(WholeMarker);

    public bool IsNone => _spans is null;

    public bool IsWhole => ReferenceEquals(_spans, WholeMarker);

    /// <summary>Neither wholly trusted nor wholly untrusted.</summary>
    public bool IsMixed => _spans is not null && !IsWhole;

    /// <summary>The stretches of a mixed string, ascending, apart from each other.</summary>
    public ReadOnlySpan<TextSpan> Spans => IsMixed ? _spans : default;

    // spans: ascending, apart from each other, none empty.
    // length: length of the string that they are of.
    public static Taint Of(List<TextSpan>? spans, int length)
    {
        if (spans is null || spans.Count == 0)
        {
            return None;
        }
        return spans.Count == 1 && spans[0].Length == length ? Whole : new([.. spans]);
    }

    /// <summary>Adds the stretches that lie in a part of the string to a list, merged with what ends where they begin.</summary>
    public void CopyTo(List<TextSpan> target, int start, int length, int targetStart)
    {
        if (IsWhole)
        {
            Add(target, new(targetStart, length));
            return;
        }
        foreach (var span in Spans)
        {
            var from = Math.Max(span.Start, start);
            var to = Math.Min(span.End, start + length);
            if (from < to)
            {
                Add(target, new(targetStart + from - start, to - from));
            }
        }
    }

    public static void Add(List<TextSpan> target, TextSpan span)
    {
        if (span.Length == 0)
        {
            return;
        }
        if (target.Count > 0 && target[^1].End == span.Start)
        {
            target[^1] = new(target[^1].Start, target[^1].Length + span.Length);
            return;
        }
        target.Add(span);
    }

    /// <summary>What is known of a text that was made from this one in a way that keeps no positions.</summary>
    public Taint Spread() => IsNone ? None : Whole;
}
