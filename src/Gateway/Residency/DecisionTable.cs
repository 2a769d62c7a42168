using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Gateway.Exchanges;
using Yarp.ReverseProxy.Model;

namespace Gateway.Residency;

/// <summary>The decisions of one model, for every policy and class, made when a configuration is loaded: to decide is to look one up.</summary>
internal sealed class DecisionTable
{
    private readonly ResidencyDecision[] _decisions;
    private readonly int _classes;

    // Those of requests that are other elsewhere than here, or that cannot be: few, and most of them never asked for.
    private readonly ConcurrentDictionary<(int Policy, Handling Handling), ResidencyDecision> _handled = new();
    private readonly string _model;
    private readonly IReadOnlyList<DestinationState> _destinations;
    private readonly ResidencyModel _residency;

    /// <param name="model">Name of the model.</param>
    /// <param name="destinations">The model's deployments, as YARP has them, in the order of the configuration.</param>
    /// <param name="judge">Verdicts, which models share.</param>
    /// <param name="now">The time.</param>
    public DecisionTable(string model, IReadOnlyList<DestinationState> destinations, VerdictCache judge, DateTimeOffset now)
    {
        var residency = judge.Residency;
        (_model, _destinations, _residency) = (model, destinations, residency);
        _classes = residency.Classes.All.Length;
        _decisions = [.. residency.Policies.SelectMany(_ => residency.Classes.All, (policy, dataClass) => Compile(model, policy, Handling.AsItCame(dataClass), destinations, judge, now))];
    }

    /// <summary>The decision for a request of this policy and class that comes now.</summary>
    public ResidencyDecision Find(ResidencyPolicy policy, DataClass dataClass, DateTimeOffset now) => _decisions[(policy.Index * _classes) + dataClass.Rank].At(now);

    /// <summary>The decision for a request that is handled so and comes now.</summary>
    public ResidencyDecision Find(ResidencyPolicy policy, Handling handling, DateTimeOffset now)
    {
        if (handling.IsAsItCame(policy))
        {
            return Find(policy, handling.DataClass, now);
        }

        var key = (policy.Index, handling);
        if (!_handled.TryGetValue(key, out var decision))
        {
            _handled.TryAdd(key, decision = Compile(_model, policy, handling, _destinations, new VerdictCache(_residency), now));
        }

        return decision.At(now);
    }

    // The last comes first, for each knows the one after it.
    private static ResidencyDecision Compile(
        string model, ResidencyPolicy policy, Handling handling, IReadOnlyList<DestinationState> destinations, VerdictCache judge, DateTimeOffset now)
    {
        var expiries = destinations.Select(d => judge.Residency.PlacementOf(d.DestinationId).ExpiresAt).OfType<DateTimeOffset>().Where(e => e > now).Distinct().Order();
        DateTimeOffset[] changes = [now, .. expiries];
        ResidencyDecision? next = null;
        for (var i = changes.Length - 1; i >= 0; i--)
        {
            var verdicts = destinations.Select(d => judge.Judge(policy, handling, d.DestinationId, changes[i])).ToList();
            next = new ResidencyDecision(
                IdOf(model, policy, handling, verdicts),
                policy,
                handling.DataClass,
                verdicts,
                [.. destinations.Where((_, d) => verdicts[d].IsPermitted)],
                i + 1 < changes.Length ? changes[i + 1] : DateTimeOffset.MaxValue)
            {
                Next = next,
                Rule = policy.RuleOf(handling.Elsewhere),
            };
        }

        return next!;
    }

    /// <summary>See <see cref="ResidencyDecision.Id"/>.</summary>
    public static string IdOf(string model, ResidencyPolicy policy, Handling handling, IEnumerable<Verdict> verdicts)
    {
        var content = Encoding.UTF8.GetBytes(string.Join('\n', verdicts.Select(v => v.Summary).Prepend($"{model}\n{policy.Hash}\n{handling}")));
        return "dec_" + Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 8));
    }
}
