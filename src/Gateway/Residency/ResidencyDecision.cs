using Gateway.Exchanges;
using Yarp.ReverseProxy.Model;

namespace Gateway.Residency;

/// <summary>
/// Where requests of a policy, a class and a model may go, from one point in time until another. Made before there is any request, and shared by all
/// of them; while placements expire, one decision follows the other.
/// </summary>
internal sealed class ResidencyDecision(
    string id, ResidencyPolicy policy, DataClass dataClass, IReadOnlyList<Verdict> verdicts, IReadOnlyList<DestinationState> destinations, DateTimeOffset validUntil)
{
    // Not frozen: there are as many of these as policies, classes and models together, and each is small.
    private readonly HashSet<string> _permitted = verdicts.Where(v => v.IsPermitted).Select(v => v.Deployment).ToHashSet(StringComparer.Ordinal);

    /// <summary>The same for the same policy, class and verdicts: <c>dec_</c> and 16 hexadecimal digits.</summary>
    public string Id { get; } = id;

    public ResidencyPolicy Policy { get; } = policy;

    public DataClass DataClass { get; } = dataClass;

    /// <summary>What the policy says of requests to deployments elsewhere.</summary>
    public ClassRule Rule { get; init; } = policy.RuleOf(dataClass);

    /// <summary>One for each deployment of the model, in the order of the configuration.</summary>
    public IReadOnlyList<Verdict> Verdicts { get; } = verdicts;

    /// <summary>What was looked at and why it is not permitted, as the ledger has it: <c>azure-br;openai-us=processing_not_allowed</c>.</summary>
    public string Candidates { get; } = string.Join(';', verdicts.Select(v => v.Summary));

    /// <summary>The permitted ones of the model's deployments, as YARP has them.</summary>
    public IReadOnlyList<DestinationState> Destinations { get; } = destinations;

    /// <summary>From when on <see cref="Next"/> counts in its place.</summary>
    public DateTimeOffset ValidUntil { get; } = validUntil;

    /// <summary>The decision after this one; null when this one lasts for ever.</summary>
    public ResidencyDecision? Next { get; init; }

    /// <summary>The decision of this moment.</summary>
    public ResidencyDecision At(DateTimeOffset now)
    {
        var decision = this;
        while (now >= decision.ValidUntil && decision.Next is { } next)
        {
            decision = next;
        }

        return decision;
    }

    /// <summary>Whether the deployment was permitted when this was decided.</summary>
    public bool Allows(string deployment) => _permitted.Contains(deployment);

    /// <summary>Whether a request may be sent to the deployment at this moment: one that was permitted when the request came may have expired meanwhile.</summary>
    public bool Permits(string deployment, DateTimeOffset now) => Allows(deployment) && At(now).Allows(deployment);
}
