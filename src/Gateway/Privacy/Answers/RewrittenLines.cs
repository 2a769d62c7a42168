using System.Buffers;
using Gateway.Api;
using Gateway.Exchanges;

namespace Gateway.Privacy;

/// <summary>An event stream that comes in pieces of any size, its texts changed line by line.</summary>
/// <param name="rewriter">What changes it.</param>
/// <param name="exchange">Is told when the answer may not go on.</param>
internal sealed class RewrittenLines(AnswerRewriter rewriter, Exchange exchange)
{
    // An event is one line, and has to be whole before anything of it can be told. Arguments of tools and images come in one event at some upstreams.
    private const int LongestLine = 16 * 1024 * 1024;

    private byte[] _lines = [];
    private int _length;

    /// <summary>Whether what was told ends within an event.</summary>
    public bool IsInEvent { get; private set; }

    /// <summary>Takes a piece of the stream.</summary>
    public void Append(ReadOnlySpan<byte> piece)
    {
        if (_lines.Length - _length < piece.Length)
        {
            Array.Resize(ref _lines, Math.Max(_length + piece.Length, _lines.Length * 2));
        }

        piece.CopyTo(_lines.AsSpan(_length));
        _length += piece.Length;
    }

    /// <summary>Writes what can be told by now.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="isLast">Whether nothing follows.</param>
    /// <returns>False when the answer may not go on; the error that says so is written then.</returns>
    public bool Tell(IBufferWriter<byte> output, bool isLast)
    {
        var whole = isLast ? _length : _lines.AsSpan(0, _length).LastIndexOf((byte)'\n') + 1;
        if (whole == 0 && _length > LongestLine)
        {
            return End(output, ApiError.AnswerTooLong);
        }

        var lines = _lines.AsMemory(0, whole);
        rewriter.RewriteLines(lines, output);
        IsInEvent = whole > 1 ? !lines.Span.EndsWith("\n\n"u8) : whole == 0 && IsInEvent;
        _lines.AsSpan(whole.._length).CopyTo(_lines);
        _length -= whole;
        if (isLast)
        {
            rewriter.Complete(output);
        }

        return rewriter.Refusal is not { } refusal || End(output, refusal);
    }

    private bool End(IBufferWriter<byte> output, ApiError error)
    {
        exchange.Fail(ExchangeOutcome.Refused, error);
        output.Write(ErrorResponse.ToEvent(error).Span);
        return false;
    }
}
