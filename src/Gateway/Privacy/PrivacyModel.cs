using System.Collections.Frozen;
using Gateway.Configuration;
using Gateway.Exchanges;

namespace Gateway.Privacy;

/// <summary>What is looked for and what becomes of what is found, of one configuration.</summary>
internal sealed class PrivacyModel
{
    private const string DefaultClass = "personal";

    // Without words of an operator's own, all configurations share one.
    private static readonly Lazy<PersonalDataDetector> Shared = new(() => new PersonalDataDetector());

    private readonly FrozenDictionary<string, IReadOnlyList<PrivacyRuleConfig>> _rules;
    private readonly Secret? _secret;

    /// <param name="config">A configuration without errors.</param>
    /// <param name="classes">Its classes of data.</param>
    public PrivacyModel(GatewayConfig config, DataClasses classes)
    {
        var privacy = config.Privacy;
        Detector = privacy.Words.Count + privacy.Patterns.Count == 0
            ? Shared.Value
            : new PersonalDataDetector(
                words: privacy.Words.SelectMany(w => w.Words.Select(word => ((PersonalDataKind)PersonalDataKinds.Names.IndexOf(w.Kind), word))),
                patterns: [.. privacy.Patterns.Select(OwnPattern.Of)]);
        RaiseTo = classes.Find(privacy.RaiseTo ?? DefaultClass) ?? classes.All.First(c => c.IsSensitive);
        Highest = classes.All[^1];
        _secret = privacy.Placeholders.Stable == PlaceholderLife.Conversation ? privacy.Placeholders.Secret : null;
        _rules = config.Tenants.ToFrozenDictionary(t => t.Name, t => t.Privacy, StringComparer.Ordinal);
    }

    public PersonalDataDetector Detector { get; }

    /// <summary>The least class of what holds personal data.</summary>
    public DataClass RaiseTo { get; }

    /// <summary>The class of what could not be looked at.</summary>
    public DataClass Highest { get; }

    /// <summary>Whether answers to the tenant are looked at.</summary>
    public bool HasAnswerRules(string tenant)
    {
        foreach (var rule in _rules[tenant])
        {
            if (rule.Direction == PrivacyDirection.Answer)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What the ids of a tenant's placeholders are hashed with; null when they are counted.</summary>
    public byte[]? PlaceholderKeyOf(string tenant) => _secret is null ? null : Placeholders.KeyOf(_secret.Reveal(), tenant);

    /// <summary>What becomes of personal data.</summary>
    /// <param name="tenant">Whose request it is.</param>
    /// <param name="dataClass">The request's class, raised already.</param>
    /// <param name="kind">What was found.</param>
    /// <param name="direction">Whether in the request or in its answer.</param>
    public PrivacyAction ActionFor(string tenant, DataClass dataClass, string kind, PrivacyDirection direction)
    {
        foreach (var rule in _rules[tenant])
        {
            if (rule.Direction == direction && (rule.Classes.Count == 0 || rule.Classes.Contains(dataClass.Name)) && (rule.Kinds.Count == 0 || rule.Kinds.Contains(kind)))
            {
                return rule.Action;
            }
        }

        return PrivacyAction.Raise;
    }
}
