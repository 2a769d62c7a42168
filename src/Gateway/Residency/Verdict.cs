namespace Gateway.Residency;

/// <summary>Whether a policy permits a deployment for a class of data, and by what.</summary>
/// <param name="Deployment">Name of the deployment.</param>
/// <param name="Placement">What is known of it.</param>
/// <param name="Findings">Each rule that was looked at.</param>
internal sealed record Verdict(string Deployment, Placement Placement, IReadOnlyList<Finding> Findings)
{
    /// <summary>Whether no rule stands against it.</summary>
    public bool IsPermitted { get; } = Findings.All(f => f.Code is null);

    /// <summary>Why it is not permitted, each reason once.</summary>
    public IReadOnlyList<string> Reasons { get; } = [.. Findings.Where(f => f.Code is not null).Select(f => ReasonWords.Of(f.Code!.Value)).Distinct(StringComparer.Ordinal)];

    /// <summary>The same as the ledger has it: <c>azure-br</c>, or <c>openai-us=processing_not_allowed,trains</c>.</summary>
    public string Summary => IsPermitted ? Deployment : $"{Deployment}={string.Join(',', Reasons)}";
}

/// <summary>What became of one rule.</summary>
/// <param name="Rule">The rule's key in the configuration, such as <c>processing</c>.</param>
/// <param name="Code">Why the rule stands against the deployment; null when it lets it through.</param>
/// <param name="Text">The same in plain words.</param>
internal sealed record Finding(string Rule, ReasonCode? Code, string Text);
