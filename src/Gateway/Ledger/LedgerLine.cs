using Gateway.Exchanges;

namespace Gateway.Ledger;

/// <summary>An exchange on its way into the ledger: opened once, closed once, each written when the store takes it.</summary>
internal sealed class LedgerLine(LedgerOpening opening)
{
    private LedgerClosing? _closing;

    public LedgerOpening Opening { get; } = opening;

    /// <summary>How the exchange ended; null while it goes on.</summary>
    public LedgerClosing? Closing
    {
        get => Volatile.Read(ref _closing);
        set => Volatile.Write(ref _closing, value);
    }

    /// <summary>Whether it stands in the queue of <see cref="LedgerWriter"/>, which guards this by its lock.</summary>
    public bool Queued { get; set; }
}

/// <summary>What is known of an exchange before it leaves.</summary>
/// <param name="Id">Id of the request.</param>
/// <param name="OpenedAt">When its first byte came.</param>
/// <param name="Tenant">Whose it is.</param>
/// <param name="KeyId">Which key it came with.</param>
/// <param name="Endpoint">Name of the endpoint, such as <c>chat.completions</c>.</param>
/// <param name="DataClass">How sensitive it is: name of its class.</param>
/// <param name="TraceId">The client's W3C trace id, 32 hexadecimal digits; null when it sent none.</param>
/// <param name="Model">The configured name of the model; null when there is none of the name that was asked for, which is text of the client.</param>
internal sealed record LedgerOpening(
    string Id, DateTimeOffset OpenedAt, string Tenant, string KeyId, string Endpoint, string DataClass, string? TraceId, string? Model)
{
    /// <summary>Id of the decision where it may go; null when it was refused before that.</summary>
    public string? Decision { get; init; }

    /// <summary>Hash of the policy that decided.</summary>
    public string? Policy { get; init; }

    /// <summary>The deployments that were looked at, and why one is not permitted, as <see cref="Residency.ResidencyDecision.Candidates"/> has them.</summary>
    public string? Candidates { get; init; }

    /// <summary>Kinds of personal data in the request, with how much of each, as <see cref="Privacy.Findings"/> writes it; null where there is none.</summary>
    public string? Findings { get; init; }

    /// <summary>What it has reserved of its limits, so that this still counts when the gateway ends before the exchange; null where none apply.</summary>
    public ReservedRecord? Reserved { get; init; }
}

/// <summary>A reservation.</summary>
/// <param name="At">When.</param>
/// <param name="Tokens">Tokens of prompt and answer; 0 where no limit counts them.</param>
/// <param name="Nano">Money in billionths of the currency's unit; 0 where no limit counts it.</param>
/// <param name="Currency">Of the money.</param>
internal sealed record ReservedRecord(DateTimeOffset At, long Tokens, long Nano, string? Currency);

/// <summary>What was drawn from a balance.</summary>
/// <param name="Nano">How much, in billionths of the currency's unit.</param>
/// <param name="Currency">Of the balance.</param>
internal sealed record DrawnRecord(long Nano, string Currency);

/// <summary>What is known of an exchange when it has ended.</summary>
/// <param name="ClosedAt">When.</param>
/// <param name="Outcome">How, as a word of <see cref="OutcomeWords"/>.</param>
/// <param name="Code">Why it was refused or failed: the error's code; null when all went well.</param>
/// <param name="Status">HTTP status that the client got.</param>
/// <param name="Deployment">What answered, or was tried last; null when nothing was.</param>
/// <param name="Usage">Tokens; null when none were used.</param>
/// <param name="CostNano">Cost in billionths of the currency's unit.</param>
/// <param name="Currency">By ISO 4217; null where the deployment has no price.</param>
/// <param name="Latency">From the first byte of the request to the end of its answer.</param>
/// <param name="FirstToken">From the first byte of the request to the first content of its answer; null when there was none.</param>
internal sealed record LedgerClosing(
    DateTimeOffset ClosedAt,
    string Outcome,
    string? Code,
    int Status,
    string? Deployment,
    Usage? Usage,
    long CostNano,
    string? Currency,
    TimeSpan Latency,
    TimeSpan? FirstToken)
{
    /// <summary>What it took from its tenant's balance; null where nothing is paid ahead.</summary>
    public DrawnRecord? Drawn { get; init; }

    /// <summary>Countries where it may have been processed, by the placement of the deployment; null when nothing was sent anywhere, or that is not known.</summary>
    public string? Country { get; init; }

    /// <summary>Kinds of personal data that had placeholders in what the deployment got, with how much of each; null where none had.</summary>
    public string? Redacted { get; init; }

    /// <summary>Kinds of personal data in the answer that the request did not hold; null where there is none, or no rule asks.</summary>
    public string? AnswerFindings { get; init; }
}
