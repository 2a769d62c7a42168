using Gateway.Residency.Fields;

namespace Gateway.Residency;

/// <summary>Whether the rule of a class is at least as strict as that of a lower one: what is more sensitive may not go where what is less may not.</summary>
internal static class ClassOrder
{
    /// <summary>Keys by which the higher class is permitted more than the lower.</summary>
    public static IEnumerable<string> Looser(ClassRule higher, ClassRule lower)
    {
        if (!higher.LocalOnly)
        {
            if (lower.LocalOnly)
            {
                yield return "local_only";
            }

            foreach (var (key, isLooser) in new[]
            {
                ("processing", IsWider(higher.Processing, higher.DenyProcessing, lower.Processing, lower.DenyProcessing)),
                ("storage", IsWider(higher.Storage, higher.DenyStorage, lower.Storage, lower.DenyStorage)),
                ("operator_country", IsWider(higher.OperatorCountry, higher.DenyOperatorCountry, lower.OperatorCountry, lower.DenyOperatorCountry)),
                ("weights_origin", IsWider(higher.WeightsOrigin, CountrySet.Empty, lower.WeightsOrigin, CountrySet.Empty)),
                ("deny_operators", lower.DenyOperators.Except(higher.DenyOperators, StringComparer.OrdinalIgnoreCase).Any()),
                ("retention_days", lower.RetentionDays is { } days && !(higher.RetentionDays <= days)),
                ("trains", lower.NoTraining && !higher.NoTraining),
                ("redact", lower.MustRedact && !higher.MustRedact),
                ("side_doors", (lower.DeniedFields & ~higher.DeniedFields) != FieldEffects.None),
            })
            {
                if (isLooser)
                {
                    yield return key;
                }
            }
        }

        if (higher.MayCache && !lower.MayCache)
        {
            yield return "cache";
        }

        if (higher.MayLog && !lower.MayLog)
        {
            yield return "log";
        }
    }

    private static bool IsWider(CountrySet? higher, CountrySet higherDenied, CountrySet? lower, CountrySet lowerDenied)
    {
        if (higher is null)
        {
            return lower is not null || !lowerDenied.IsSubsetOf(higherDenied);
        }

        var permitted = higher.Except(higherDenied);
        return permitted.Overlaps(lowerDenied) || (lower is not null && !permitted.IsSubsetOf(lower));
    }
}
