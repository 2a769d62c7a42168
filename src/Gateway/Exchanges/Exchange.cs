using Gateway.Api;
using Gateway.Engine;
using Gateway.Ledger;
using Gateway.Privacy;
using Gateway.Quotas;
using Gateway.Residency;
using Gateway.Routing;
using Gateway.Tenants;

namespace Gateway.Exchanges;

/// <summary>
/// One request with its answer, from first byte to settlement. Stages fill it in as it passes; <see cref="ExchangeMiddleware"/> settles it once.
/// </summary>
internal sealed class Exchange(string id, Caller caller, ApiEndpoint endpoint, long startedAt)
{
    /// <summary>Id of the request.</summary>
    public string Id { get; } = id;

    /// <summary>Who asks.</summary>
    public Caller Caller { get; } = caller;

    /// <summary>What is asked for.</summary>
    public ApiEndpoint Endpoint { get; } = endpoint;

    /// <summary><see cref="TimeProvider.GetTimestamp"/> at the first byte in.</summary>
    public long StartedAt { get; } = startedAt;

    /// <summary>How sensitive it is.</summary>
    public DataClass DataClass { get; private set; } = caller.Floor;

    /// <summary>Its line of the ledger; null before it is opened.</summary>
    public LedgerLine? Line { get; set; }

    /// <summary>The request's body and what was read of it. Set by <see cref="RequestMiddleware"/>.</summary>
    public RequestEnvelope Envelope { get; set; } = null!;

    /// <summary>The model asked for; null until it was found.</summary>
    public ModelModel? Model { get; set; }

    /// <summary>Where it may go; null until that was decided.</summary>
    public ResidencyDecision? Residency { get; set; }

    /// <summary>What it holds of caps on dependence; null where there are none.</summary>
    public CapReservation? CapReservation { get; set; }

    /// <summary>Personal data found in the request, and what follows of it; null before it was looked for.</summary>
    public Screening? Screening { get; set; }

    /// <summary>Looks at the answer; null where no rule asks for it.</summary>
    public AnswerScreen? AnswerScreen { get; set; }

    /// <summary>The request as deployments elsewhere get it.</summary>
    public RequestEnvelope Outgoing => Screening?.Redaction?.Envelope ?? Envelope;

    /// <summary>What has a placeholder in what the deployment that answers got; null when nothing has.</summary>
    public Findings? Redacted => Deployment is { Upstream: not null } ? Screening?.Redaction?.Replaced : null;

    /// <summary>The deployment that answers; null until one was chosen.</summary>
    public DeploymentModel? Deployment { get; set; }

    /// <summary>Whether another deployment may still be tried when this one is down.</summary>
    public bool HasAlternatives { get; set; }

    /// <summary>Timestamp of the first content that went to the client; 0 before.</summary>
    public long FirstTokenAt { get; private set; }

    /// <summary>Tokens used, as far as known.</summary>
    public Usage? Usage { get; set; }

    /// <summary>What it has reserved of its limits; null where none apply.</summary>
    public Reservation? Reservation { get; set; }

    /// <summary>What it can come to at an API elsewhere; null where no limit of tokens or money applies.</summary>
    public RequestSize? Size { get; set; }

    /// <summary>The request as an engine takes it, where it was needed before; null otherwise.</summary>
    public PreparedRequest? Prepared { get; set; }

    /// <summary>The model in this process that it uses; null while it uses none.</summary>
    public EngineLease? Lease { get; set; }

    /// <summary>Cost in billionths of the unit of the deployment's currency.</summary>
    public long CostNano => Usage is { } usage ? Deployment?.Price?.CostOf(usage) ?? 0 : 0;

    /// <summary>Tells the tokens used so far of an answer that is on its way; null when that does not matter.</summary>
    public Func<Usage>? Meter { get; set; }

    /// <summary>How the exchange ends; the first failure counts.</summary>
    public ExchangeOutcome Outcome { get; private set; }

    /// <summary>What the client is told when the gateway answers in place of the deployment; null while all is well.</summary>
    public ApiError? Failure { get; private set; }

    /// <summary>Whether the deployment looks down, so that others should be tried before it.</summary>
    public bool DeploymentDown { get; private set; }

    /// <summary>Notes that the request is of this class at least.</summary>
    /// <param name="dataClass">A class of the snapshot that the request goes by.</param>
    public void Raise(DataClass dataClass)
    {
        if (dataClass.Rank > DataClass.Rank)
        {
            DataClass = dataClass;
        }
    }

    /// <summary>Lets go of the model that it uses.</summary>
    public void EndLease()
    {
        Lease?.Dispose();
        Lease = null;
    }

    /// <summary>Notes that content goes to the client now; only the first call counts.</summary>
    public void MarkFirstToken(TimeProvider time)
    {
        if (FirstTokenAt == 0)
        {
            FirstTokenAt = time.GetTimestamp();
        }
    }

    /// <summary>Notes that there was content at this <see cref="TimeProvider.GetTimestamp"/>; only the first call counts.</summary>
    public void MarkFirstToken(long timestamp) => FirstTokenAt = FirstTokenAt == 0 ? timestamp : FirstTokenAt;

    /// <summary>Notes that the gateway does not answer this request, and why.</summary>
    public void Fail(ExchangeOutcome outcome, ApiError? failure)
    {
        if (Outcome == ExchangeOutcome.Ok)
        {
            Outcome = outcome;
        }

        Failure ??= failure;
    }

    /// <summary>Forgets a failure that another deployment is to make good.</summary>
    public void Retry()
    {
        Outcome = ExchangeOutcome.Ok;
        Failure = null;
        DeploymentDown = false;
        Usage = null;
        Meter = null;
    }

    /// <summary>Notes that the deployment answered with an error of its own, or not at all.</summary>
    /// <param name="down">Whether the deployment looks down, rather than unwilling to answer this request.</param>
    /// <param name="failure">What the client is told; null where the deployment's own words are passed on.</param>
    public void FailUpstream(bool down, ApiError? failure = null)
    {
        Fail(ExchangeOutcome.UpstreamError, failure);
        DeploymentDown |= down;
    }
}
