using Gateway.Exchanges;

namespace Gateway.Privacy;

/// <summary>
/// A request as deployments elsewhere get it, with placeholders for personal data, and the values that they stand for. In memory only, as long as the exchange.
/// </summary>
internal sealed class RedactedRequest(RequestEnvelope envelope, Dictionary<string, string> values, Findings replaced) : IDisposable
{
    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _values = values.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The request with placeholders.</summary>
    public RequestEnvelope Envelope { get; } = envelope;

    /// <summary>How much of what kind has a placeholder in its place.</summary>
    public Findings Replaced { get; } = replaced;

    /// <summary>What stood where a placeholder is; null where it is none of this request's.</summary>
    /// <param name="placeholder">With its brackets.</param>
    public string? ValueOf(ReadOnlySpan<char> placeholder) => _values.TryGetValue(placeholder, out var value) ? value : null;

    public void Dispose()
    {
        values.Clear();
        Envelope.Dispose();
    }
}
