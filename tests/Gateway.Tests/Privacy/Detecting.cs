using Gateway.Privacy;

namespace Gateway.Tests.Privacy;

/// <summary>The detectors as tests call them.</summary>
internal static class Detecting
{
    public static PersonalDataDetector Detector { get; } = new();

    public static List<PersonalDataSpan> Find(string text)
    {
        var found = new List<PersonalDataSpan>();
        Assert.True(Detector.Detect(text, found));
        return found;
    }

    /// <summary>What was found, as "kind=value" with commas.</summary>
    public static string Show(string text) => string.Join(", ", Find(text).Select(s => $"{s.Kind}={text.Substring(s.Start, s.Length)}"));
}
