using Gateway.Exchanges;
using Gateway.Residency;

namespace Gateway.Privacy;

/// <summary>What was found in a request, and what follows of it.</summary>
/// <param name="Findings">How much of what kind.</param>
/// <param name="DataClass">Its class as it came: for deployments in this process, and for whoever keeps records of it.</param>
/// <param name="Elsewhere">Its class as deployments elsewhere get it: what has a placeholder does not count.</param>
/// <param name="State">Whether what goes elsewhere is without personal data.</param>
internal sealed record Screening(Findings Findings, DataClass DataClass, DataClass Elsewhere, RedactionState State)
{
    /// <summary>Kinds that the tenant's rules refuse.</summary>
    public IReadOnlyList<string> Refused { get; init; } = [];

    /// <summary>The request as deployments elsewhere get it; null when as it came.</summary>
    public RedactedRequest? Redaction { get; init; }

    /// <summary>The values, folded, for the rules of answers; null where there are none.</summary>
    public HashSet<string>? Values { get; init; }

    /// <summary>What the detectors failed with; null when they did not.</summary>
    public string? Failure { get; init; }
}
