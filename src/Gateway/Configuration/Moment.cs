using System.Globalization;

namespace Gateway.Configuration;

/// <summary>Points in time as files, commands and queries have them: <c>2027-01-31</c>, which is its beginning in UTC, or RFC 3339's <c>2027-01-31T18:00:00Z</c>.</summary>
internal static class Moment
{
    public const string Pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,7})?(Z|[+-][0-9]{2}:[0-9]{2}))?$";
    public const string InWords = "a date such as 2027-01-31, or a time with its zone such as 2027-01-31T18:00:00Z";

    private static readonly string[] Formats = ["yyyy-MM-dd", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"];

    public static bool TryParse(string text, out DateTimeOffset value)
    {
        // Without a zone the time of day would be anybody's.
        var hasZone = text.Length <= "2027-01-31".Length || text.EndsWith('Z') || text.AsSpan(text.IndexOf('T', StringComparison.Ordinal) + 1).IndexOfAny('+', '-') > 0;
        if (hasZone && DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out value))
        {
            value = value.ToUniversalTime();
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>As RFC 3339 has it, to the second, in UTC.</summary>
    public static string Format(DateTimeOffset value) => value.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
