using System.Buffers;
using Gateway.Exchanges;
using Gateway.Privacy;

namespace Gateway.Residency;

/// <summary>What the search for personal data makes of a request.</summary>
/// <param name="Handling">Its classes.</param>
/// <param name="Why">What made it of these.</param>
/// <param name="Refusal">The rule that refuses it; null when none does.</param>
internal sealed record ExplainedScreening(Handling Handling, IReadOnlyList<string> Why, ExplainedRuleJson? Refusal)
{
    public static ExplainedScreening Of(PrivacyModel privacy, string tenant, ResidencyPolicy policy, DataClass floor, ReadOnlySpan<byte> body)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(body.Length);
        body.CopyTo(buffer);
        using var envelope = RequestEnvelopeReader.Read(buffer, body.Length, out _);
        if (envelope is null)
        {
            // It would be refused for that.
            ArrayPool<byte>.Shared.Return(buffer);
            return new(Handling.AsItCame(floor), [], null);
        }

        var screening = RequestScreen.Look(privacy, tenant, policy, floor, envelope, mayLeave: true);
        using var redaction = screening.Redaction;
        var refusal = screening.Refused.Count == 0 ? null
            : new ExplainedRuleJson("privacy", Permits: false, "personal_data_refused", $"the tenant's rules refuse what it holds: {string.Join(", ", screening.Refused)}");
        return new(new Handling(screening.DataClass, screening.Elsewhere, screening.State), [.. WhyOf(screening)], refusal);
    }

    private static IEnumerable<string> WhyOf(Screening screening)
    {
        if (screening.Findings.IsIncomplete)
        {
            yield return "it could not be searched for personal data to its end, so it is of the highest class";
        }
        else if (screening.Findings.ToString() is { } findings)
        {
            yield return $"it holds personal data ({findings}), so it is `{screening.DataClass.Name}` at least";
        }

        if (screening.Redaction is { } redaction)
        {
            yield return $"deployments elsewhere get placeholders for some of it ({redaction.Replaced}), so for them it is `{screening.Elsewhere.Name}`";
        }
    }
}
