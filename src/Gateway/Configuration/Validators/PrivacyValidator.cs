using Gateway.Privacy;

namespace Gateway.Configuration.Validators;

/// <summary>Kinds of personal data and classes that rules name exist; patterns can be matched in bounded time.</summary>
internal sealed class PrivacyValidator : IConfigValidator
{
    private const int LeastSecret = 16;

    public void Validate(GatewayConfig config, ConfigReport report)
    {
        var privacy = config.Privacy;
        var classes = new NamedReferences("class of data", "data_classes", config.DataClasses, report);
        if (privacy.RaiseTo is { } raiseTo)
        {
            classes.Check([raiseTo], _ => "privacy.raise_to");
        }

        for (var i = 0; i < privacy.Patterns.Count; i++)
        {
            var (name, key) = (privacy.Patterns[i].Name, $"privacy.patterns[{i}]");
            if (PersonalDataKinds.Names.Contains(name))
            {
                report.Error($"{key}.name", $"is the name of a kind that is known already; give yours another");
            }

            if (privacy.Patterns[i].Pattern.Length > 0 && OwnPattern.Check(privacy.Patterns[i].Pattern) is { } problem)
            {
                report.Error($"{key}.pattern", problem);
            }
        }

        for (var i = 0; i < privacy.Words.Count; i++)
        {
            if (privacy.Words[i].Kind.Length > 0 && !PersonalDataKinds.Names.Contains(privacy.Words[i].Kind))
            {
                report.Error($"privacy.words[{i}].kind", $"is no kind of personal data; the kinds are {string.Join(", ", PersonalDataKinds.Names)}");
            }
        }

        if (privacy.Placeholders is { Stable: PlaceholderLife.Conversation } placeholders && !(placeholders.Secret?.Reveal().Length >= LeastSecret))
        {
            report.Error("privacy.placeholders.secret", $"is needed for `stable: conversation`, of at least {LeastSecret} characters: whoever guesses it can tell values by their placeholders");
        }

        var kinds = new NamedReferences("kind of personal data", "privacy.patterns", [.. PersonalDataKinds.Names, .. privacy.Patterns.Select(p => p.Name)], report);
        for (var i = 0; i < config.Tenants.Count; i++)
        {
            for (var j = 0; j < config.Tenants[i].Privacy.Count; j++)
            {
                var (rule, key) = (config.Tenants[i].Privacy[j], $"tenants[{i}].privacy[{j}]");
                classes.Check(rule.Classes, n => $"{key}.classes[{n}]");
                kinds.Check(rule.Kinds, n => $"{key}.kinds[{n}]");
            }
        }
    }
}
