namespace Gateway.Residency;

/// <summary>Verdicts while decisions are made: a deployment that serves many models is judged once for each policy and class.</summary>
internal sealed class VerdictCache(ResidencyModel residency)
{
    private readonly Dictionary<(int Policy, Handling Handling, string Deployment, bool IsExpired), Verdict> _verdicts = [];

    public ResidencyModel Residency { get; } = residency;

    public Verdict Judge(ResidencyPolicy policy, Handling handling, string deployment, DateTimeOffset now)
    {
        var key = (policy.Index, handling, deployment, Residency.PlacementOf(deployment).IsExpired(now));
        if (!_verdicts.TryGetValue(key, out var verdict))
        {
            _verdicts.Add(key, verdict = Residency.Judge(policy, handling, deployment, now));
        }

        return verdict;
    }
}
