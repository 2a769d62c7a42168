namespace Gateway.Residency;

/// <summary>One rule against one placement. A fact that a rule asks for and nobody states is against it, and so is one that has expired.</summary>
internal static class ResidencyJudge
{
    /// <summary>Each rule that was looked at, in the order of the configuration's keys.</summary>
    public static IReadOnlyList<Finding> Judge(ClassRule rule, Placement placement, DateTimeOffset now, RedactionState state = RedactionState.NotDone)
    {
        var findings = new List<Finding>();
        if (rule.Origin != RuleOrigin.Stated || rule.LocalOnly)
        {
            findings.Add(JudgeLocal(rule, placement));
        }

        if (placement.IsExpired(now))
        {
            findings.Add(AsksForFacts(rule)
                ? new("expires", ReasonCode.PlacementExpired, $"the facts of its placement have expired ({Text(placement.ExpiresAt!.Value)}), so none counts as known")
                : new("expires", null, $"the facts of its placement have expired ({Text(placement.ExpiresAt!.Value)}), but the rule asks for none"));
        }
        else
        {
            JudgeCountries(findings, rule, placement);
            JudgeOperator(findings, rule, placement);
            JudgeHandling(findings, rule, placement);
        }

        if (rule.MustRedact || state == RedactionState.Failed)
        {
            findings.Add(placement.IsLocal
                ? new("redact", null, "it does not leave this process")
                : state switch
                {
                    RedactionState.Done => new("redact", null, "it gets the request with placeholders in place of personal data"),
                    RedactionState.Failed => new("redact", ReasonCode.NotRedacted, "personal data is to be redacted before it leaves, which could not be done"),
                    _ => new("redact", ReasonCode.NotRedacted, "personal data must be redacted before it leaves, and not all of the request can be read"),
                });
        }

        if (findings.Count == 0)
        {
            findings.Add(new("anywhere", null, "the policy lets the class go to any configured deployment"));
        }

        return findings;
    }

    private static Finding JudgeLocal(ClassRule rule, Placement placement)
    {
        var (key, code, why) = rule.Origin switch
        {
            RuleOrigin.NoPolicy => ("policy", ReasonCode.NoPolicy, "the tenant has no policy"),
            RuleOrigin.NotMentioned => ("classes", ReasonCode.ClassNotMentioned, "the policy does not mention the class"),
            RuleOrigin.NoPlace => ("processing", ReasonCode.ClassNotMentioned, "the policy does not say where the class may be processed"),
            _ => ("local_only", ReasonCode.NotLocal, "the class is for local deployments only"),
        };
        return placement.IsLocal
            ? new(key, null, $"{why}, and it runs in this process")
            : new(key, code, rule.Origin == RuleOrigin.Stated ? $"{why}, and it does not run in this process" : $"{why}, so only deployments in this process are permitted");
    }

    private static bool AsksForFacts(ClassRule rule) =>
        rule.Processing is not null || rule.Storage is not null || rule.OperatorCountry is not null || rule.WeightsOrigin is not null
        || !rule.DenyProcessing.IsEmpty || !rule.DenyStorage.IsEmpty || !rule.DenyOperatorCountry.IsEmpty || rule.DenyOperators.Count > 0
        || rule.RetentionDays is not null || rule.NoTraining;

    private static void JudgeCountries(List<Finding> findings, ClassRule rule, Placement placement)
    {
        JudgeSet(
            findings, "processing", "processed", placement.Processing, rule.Processing, rule.DenyProcessing,
            ReasonCode.ProcessingUnknown, ReasonCode.ProcessingNotAllowed, ReasonCode.ProcessingDenied);
        JudgeSet(
            findings, "storage", "stored", placement.Storage, rule.Storage, rule.DenyStorage,
            ReasonCode.StorageUnknown, ReasonCode.StorageNotAllowed, ReasonCode.StorageDenied);
    }

    private static void JudgeSet(
        List<Finding> findings, string key, string verb, CountrySet? fact, CountrySet? allowed, CountrySet denied, ReasonCode unknown, ReasonCode notAllowed, ReasonCode isDenied)
    {
        if (allowed is not null)
        {
            findings.Add(fact is null ? new(key, unknown, $"where it is {verb} is not known")
                : fact.IsSubsetOf(allowed) ? new(key, null, fact.IsEmpty ? $"it is {verb} nowhere" : $"it is {verb} in {fact}, which is allowed")
                : new(key, notAllowed, $"it may be {verb} in {fact.Except(allowed)}, which is not among {Text(allowed)}"));
        }

        if (!denied.IsEmpty)
        {
            findings.Add(fact is null ? new("deny_" + key, unknown, $"where it is {verb} is not known, so that nobody can say it is not in {denied}")
                : fact.Overlaps(denied) ? new("deny_" + key, isDenied, $"it may be {verb} in {fact.Intersect(denied)}, which is denied")
                : new("deny_" + key, null, $"it is {verb} in none of {denied}"));
        }
    }

    private static void JudgeOperator(List<Finding> findings, ClassRule rule, Placement placement)
    {
        JudgeCode(
            findings, "operator_country", "the operator's home country", placement.OperatorCountry, rule.OperatorCountry,
            ReasonCode.OperatorCountryUnknown, ReasonCode.OperatorCountryNotAllowed);
        if (!rule.DenyOperatorCountry.IsEmpty)
        {
            findings.Add(placement.OperatorCountry is not { } home
                ? new("deny_operator_country", ReasonCode.OperatorCountryUnknown, $"the operator's home country is not known, so that nobody can say it is none of {rule.DenyOperatorCountry}")
                : rule.DenyOperatorCountry.Contains(home) ? new("deny_operator_country", ReasonCode.OperatorCountryDenied, $"the operator's home country is {home}, which is denied")
                : new("deny_operator_country", null, $"the operator's home country is {home}, which is not denied"));
        }

        if (rule.DenyOperators.Count > 0)
        {
            findings.Add(placement.Operator is not { } name
                ? new("deny_operators", ReasonCode.OperatorUnknown, "the operator is not known, so that nobody can say it is none of those denied")
                : rule.DenyOperators.Contains(name, StringComparer.OrdinalIgnoreCase) ? new("deny_operators", ReasonCode.OperatorDenied, $"the operator is {name}, which is denied")
                : new("deny_operators", null, $"the operator is {name}, which is not denied"));
        }
    }

    private static void JudgeHandling(List<Finding> findings, ClassRule rule, Placement placement)
    {
        if (rule.RetentionDays is { } most)
        {
            findings.Add(placement.RetentionDays is not { } days ? new("retention_days", ReasonCode.RetentionUnknown, "how long it keeps content is not known")
                : days <= most ? new("retention_days", null, $"it keeps content for {days} days, and {most} are allowed")
                : new("retention_days", ReasonCode.RetentionTooLong, $"it keeps content for {days} days, and {most} are allowed"));
        }

        if (rule.NoTraining)
        {
            findings.Add(placement.Trains switch
            {
                null => new("trains", ReasonCode.TrainingUnknown, "whether models are trained on content is not known"),
                true => new("trains", ReasonCode.Trains, "models are trained on content"),
                false => new("trains", null, "no model is trained on content"),
            });
        }

        JudgeCode(findings, "weights_origin", "the origin of the weights", placement.WeightsOrigin, rule.WeightsOrigin, ReasonCode.WeightsOriginUnknown, ReasonCode.WeightsOriginNotAllowed);
    }

    private static void JudgeCode(List<Finding> findings, string key, string what, string? fact, CountrySet? allowed, ReasonCode unknown, ReasonCode notAllowed)
    {
        if (allowed is not null)
        {
            findings.Add(fact is null ? new(key, unknown, $"{what} is not known")
                : allowed.Contains(fact) ? new(key, null, $"{what} is {fact}, which is allowed")
                : new(key, notAllowed, $"{what} is {fact}, which is not among {Text(allowed)}"));
        }
    }

    private static string Text(CountrySet set) => set.IsEmpty ? "none at all" : set.ToString();

    private static string Text(DateTimeOffset time) => Configuration.Moment.Format(time);
}
