namespace Gateway.Exchanges;

/// <summary>A change to a request's body: what stands there goes, and this comes in its place.</summary>
/// <param name="Range">What goes; may be empty.</param>
/// <param name="Replacement">What comes.</param>
internal readonly record struct Splice(Range Range, ReadOnlyMemory<byte> Replacement);
