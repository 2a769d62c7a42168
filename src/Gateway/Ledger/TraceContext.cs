using System.Buffers;

namespace Gateway.Ledger;

/// <summary>The client's trace, as W3C Trace Context has it (https://www.w3.org/TR/trace-context/#traceparent-header).</summary>
internal static class TraceContext
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    // version "-" trace-id "-" parent-id "-" trace-flags
    private const int TraceIdStart = 3;
    private const int TraceIdLength = 32;
    private const int Length = 2 + 1 + TraceIdLength + 1 + 16 + 1 + 2;

    /// <summary>The trace id, 32 hexadecimal digits; null when the client sent none, or no valid one.</summary>
    public static string? TraceIdOf(IHeaderDictionary headers)
    {
        if (headers.TraceParent is not [{ } text] || text.Length < Length || text[2] != '-' || text[TraceIdStart + TraceIdLength] != '-')
        {
            return null;
        }

        var id = text.AsSpan(TraceIdStart, TraceIdLength);
        return !id.ContainsAnyExcept(Digits) && id.ContainsAnyExcept('0') ? id.ToString() : null;
    }
}
