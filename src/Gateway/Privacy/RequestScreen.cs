using Gateway.Configuration;
using Gateway.Exchanges;
using Gateway.Residency;

namespace Gateway.Privacy;

/// <summary>Looks for personal data in all that a request says, and judges what follows. Fails closed.</summary>
internal static class RequestScreen
{
    /// <param name="privacy">What is looked for.</param>
    /// <param name="tenant">Whose the request is.</param>
    /// <param name="policy">The tenant's.</param>
    /// <param name="floor">The class that the request is of by its key and header.</param>
    /// <param name="envelope">The request.</param>
    /// <param name="mayLeave">Whether its model has deployments elsewhere.</param>
    public static Screening Look(PrivacyModel privacy, string tenant, ResidencyPolicy policy, DataClass floor, RequestEnvelope envelope, bool mayLeave)
    {
        var text = default(RequestText);
        try
        {
            text = RequestText.Read(envelope.Body.Span, envelope.ModelRange);
            var (findings, found) = (new Findings(), new List<PersonalDataSpan>());
            findings.IsIncomplete = !privacy.Detector.Detect(text.Text, found);
            found.ForEach(f => findings.Add(f.Kind));
            for (var i = 0; i < text.Unreadable; i++)
            {
                findings.Add(Findings.Unreadable);
            }

            return Judge(privacy, tenant, policy, floor, envelope, mayLeave, in text, findings, found);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Nothing of it goes elsewhere, whatever the highest class may.
            return new Screening(new Findings { IsIncomplete = true }, privacy.Highest, privacy.Highest, RedactionState.Failed)
            {
                Failure = e.GetType().Name,
                Values = privacy.HasAnswerRules(tenant) ? [] : null,
            };
        }
        finally
        {
            text.Return();
        }
    }

    private static Screening Judge(
        PrivacyModel privacy, string tenant, ResidencyPolicy policy, DataClass floor, RequestEnvelope envelope, bool mayLeave, scoped in RequestText text, Findings findings, List<PersonalDataSpan> found)
    {
        if (findings.IsIncomplete)
        {
            floor = privacy.Highest;
        }

        var dataClass = findings.Counts.Count > 0 ? Higher(floor, privacy.RaiseTo) : floor;
        var refused = new List<string>();
        var redacted = new HashSet<string>(StringComparer.Ordinal);
        foreach (var kind in findings.Counts.Keys)
        {
            switch (privacy.ActionFor(tenant, dataClass, kind, PrivacyDirection.Request))
            {
                case PrivacyAction.Refuse:
                    refused.Add(kind);
                    break;
                case PrivacyAction.Redact when kind != Findings.Unreadable:
                    redacted.Add(kind);
                    break;
            }
        }

        var elsewhere = findings.Counts.Keys.Any(k => !redacted.Contains(k)) ? dataClass : floor;
        var isRead = !findings.IsIncomplete && text.Unreadable == 0;
        var must = policy.RuleOf(elsewhere).MustRedact;
        var screening = new Screening(findings, dataClass, elsewhere, must && isRead ? RedactionState.Done : RedactionState.NotDone)
        {
            Refused = refused,
            Values = privacy.HasAnswerRules(tenant) ? ValuesOf(text.Text, found) : null,
        };
        var replaced = must ? found : found.FindAll(f => redacted.Contains(f.Kind));
        if (replaced.Count == 0 || !mayLeave || refused.Count > 0)
        {
            return screening;
        }

        return Redactor.Redact(envelope, in text, replaced, privacy.PlaceholderKeyOf(tenant)) is { } redaction
            ? screening with { Redaction = redaction }
            : screening with { Elsewhere = dataClass, State = RedactionState.Failed };
    }

    private static DataClass Higher(DataClass a, DataClass b) => a.Rank >= b.Rank ? a : b;

    private static HashSet<string> ValuesOf(ReadOnlySpan<char> text, List<PersonalDataSpan> found)
    {
        var values = new HashSet<string>(StringComparer.Ordinal);
        foreach (var span in found)
        {
            values.Add(AnswerScreen.Fold(text.Slice(span.Start, span.Length)));
        }

        return values;
    }
}
