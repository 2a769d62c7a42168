using System.Globalization;
using Gateway.Configuration;

namespace Gateway.Privacy;

/// <summary>What an exchange's answer may not say: the rules for answers, what the request said itself, and what was found so far.</summary>
internal sealed class AnswerScreen(PersonalDataDetector detector, Func<string, PrivacyAction> actionFor, HashSet<string> ofRequest)
{
    /// <summary>How much of what kind the answer held beside what the request did.</summary>
    public Findings Findings { get; } = new();

    /// <summary>Kinds that the rules refuse; empty while none was found.</summary>
    public SortedSet<string> Refused { get; } = new(StringComparer.Ordinal);

    /// <summary>What stands in place of a value: without a number, so that nobody takes it for one that can be restored.</summary>
    public static string Mark(string kind) => string.Create(CultureInfo.InvariantCulture, $"<{kind}>");

    /// <summary>The same value is the same with other separators.</summary>
    public static string Fold(ReadOnlySpan<char> value)
    {
        var folded = new string([.. value.ToString().Where(char.IsLetterOrDigit).Select(char.ToUpperInvariant)]);
        return folded.Length > 0 ? folded : value.ToString();
    }

    /// <summary>Finds what is not the request's own.</summary>
    /// <returns>False when the text could not be looked at.</returns>
    public bool Find(ReadOnlySpan<char> text, List<PersonalDataSpan> found)
    {
        var whole = detector.Detect(text, found);
        for (var i = found.Count - 1; i >= 0; i--)
        {
            if (ofRequest.Contains(Fold(text.Slice(found[i].Start, found[i].Length))))
            {
                found.RemoveAt(i);
            }
        }

        return whole;
    }

    /// <summary>Counts a finding that would go to the client now.</summary>
    /// <returns>Whether it is taken out.</returns>
    public bool Meet(string kind)
    {
        Findings.Add(kind);
        switch (actionFor(kind))
        {
            case PrivacyAction.Refuse:
                Refused.Add(kind);
                return true;
            case PrivacyAction.Redact:
                return true;
            default:
                return false;
        }
    }

    /// <summary>What could not be looked at does not go out where anything is refused or redacted.</summary>
    public void MeetUnread()
    {
        Findings.IsIncomplete = true;
        if (actionFor(Findings.Incomplete) != PrivacyAction.Raise)
        {
            Refused.Add(Findings.Incomplete);
        }
    }
}
