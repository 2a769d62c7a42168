using System.Globalization;

namespace Gateway.Configuration;

/// <summary>Durations as the file has them: <c>500ms</c>, <c>10s</c>, <c>2m</c>, <c>1h</c>, <c>30d</c>.</summary>
internal static class Duration
{
    /// <summary>One number and one unit, so that a schema can say it and nobody wonders what <c>1h30</c> means.</summary>
    public const string Pattern = "^[0-9]{1,9}(ms|s|m|h|d)$";

    private static readonly (string Unit, long Milliseconds)[] Units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    public static bool TryParse(string text, out TimeSpan value)
    {
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits is > 0 and <= 9)
        {
            foreach (var (unit, milliseconds) in Units)
            {
                if (text.AsSpan(digits).SequenceEqual(unit))
                {
                    // At most 999,999,999 d = 8.6e16 ms, which a TimeSpan does not hold; the cap is above any bound.
                    var count = long.Parse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture);
                    value = TimeSpan.FromMilliseconds(Math.Min(count * milliseconds, (long)TimeSpan.FromDays(36_500).TotalMilliseconds));
                    return true;
                }
            }
        }

        value = default;
        return false;
    }
}
