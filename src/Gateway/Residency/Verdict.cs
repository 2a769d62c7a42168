namespace Gateway.Residency;

/// <summary>Whether a policy permits a deployment for a class of data. There may be a million of them, so the words of <see cref="Finding"/> are made when they are asked for.</summary>
/// <param name="Deployment">Name of the deployment.</param>
/// <param name="Placement">What is known of it.</param>
/// <param name="Reasons">Why it is not permitted, each reason once; empty when it is.</param>
internal sealed record Verdict(string Deployment, Placement Placement, IReadOnlyList<string> Reasons)
{
    public bool IsPermitted => Reasons.Count == 0;

    /// <summary>The same as the ledger has it: <c>azure-br</c>, or <c>openai-us=processing_not_allowed,trains</c>.</summary>
    public string Summary => IsPermitted ? Deployment : $"{Deployment}={string.Join(',', Reasons)}";

    public static Verdict Of(string deployment, Placement placement, IReadOnlyList<Finding> findings) => new(
        deployment, placement, [.. findings.Where(f => f.Code is not null).Select(f => ReasonWords.Of(f.Code!.Value)).Distinct(StringComparer.Ordinal)]);
}

/// <summary>What became of one rule.</summary>
/// <param name="Rule">The rule's key in the configuration, such as <c>processing</c>.</param>
/// <param name="Code">Why the rule stands against the deployment; null when it lets it through.</param>
/// <param name="Text">The same in plain words.</param>
internal sealed record Finding(string Rule, ReasonCode? Code, string Text);
