namespace Gateway.Quotas;

/// <summary>A day, a week from Monday on or a month, as the clocks of a place show them: with summer time a day has 23 or 25 hours.</summary>
/// <param name="Start">Its first moment.</param>
/// <param name="End">The first moment of the next one.</param>
internal readonly record struct CalendarWindow(DateTimeOffset Start, DateTimeOffset End)
{
    /// <summary>The window that a moment lies in.</summary>
    public static CalendarWindow At(QuotaWindow window, TimeZoneInfo zone, DateTimeOffset moment)
    {
        var date = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(moment, zone).DateTime);
        var first = window switch
        {
            QuotaWindow.Day => date,
            QuotaWindow.Week => date.AddDays(-(((int)date.DayOfWeek + 6) % 7)),
            QuotaWindow.Month => new DateOnly(date.Year, date.Month, 1),
            _ => throw new ArgumentOutOfRangeException(nameof(window)),
        };
        var next = window switch
        {
            QuotaWindow.Day => first.AddDays(1),
            QuotaWindow.Week => first.AddDays(7),
            _ => first.AddMonths(1),
        };
        return new(BeginningOf(first, zone), BeginningOf(next, zone));
    }

    /// <summary>The first moment of a day. It need not be midnight: clocks that are put forward at midnight show one o'clock then, and once a place left a day out.</summary>
    private static DateTimeOffset BeginningOf(DateOnly date, TimeZoneInfo zone)
    {
        var time = date.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(time))
        {
            time = time.AddMinutes(1);
        }

        // Where clocks show it twice, the first time counts.
        var offset = zone.IsAmbiguousTime(time) ? zone.GetAmbiguousTimeOffsets(time).Max() : zone.GetUtcOffset(time);
        return new DateTimeOffset(time, offset).ToUniversalTime();
    }
}
