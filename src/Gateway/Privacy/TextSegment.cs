namespace Gateway.Privacy;

/// <summary>A part of <see cref="RequestText"/> and where it stands in the body.</summary>
/// <param name="Start">In the text.</param>
/// <param name="Length">In the text.</param>
/// <param name="Raw">In the body: without quotes.</param>
/// <param name="RawLength">In the body.</param>
/// <param name="Kind">What it is.</param>
internal readonly record struct TextSegment(int Start, int Length, int Raw, int RawLength, SegmentKind Kind)
{
    public int End => Start + Length;

    public int RawEnd => Raw + RawLength;
}

internal enum SegmentKind : byte
{
    /// <summary>A key of an object.</summary>
    Key,
    String,
    Number,

    /// <summary>Base64 within a string, decoded; the string stands before it as it is written.</summary>
    Base64,
}
