using Gateway.Api;
using Gateway.Configuration;

namespace Gateway.Admin;

/// <summary>A span of time that a list is about: from its first moment to before its last.</summary>
internal readonly record struct TimeRange(DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>Reads what a client or a user said; what is left out is open.</summary>
    public static TimeRange? Parse(string? from, string? to, out ApiError? error)
    {
        var (first, last) = (DateTimeOffset.UnixEpoch, RangeEnd);
        error = from is not null && !Moment.TryParse(from, out first) ? Invalid("from", $"must be {Moment.InWords}")
            : to is not null && !Moment.TryParse(to, out last) ? Invalid("to", $"must be {Moment.InWords}")
            : last < first ? Invalid("to", "lies before `from`")
            : null;
        return error is null ? new TimeRange(first, last) : null;
    }

    // Microseconds since 1970 up to there fit into 64 bits with room.
    private static readonly DateTimeOffset RangeEnd = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static ApiError Invalid(string name, string problem) => ApiError.BadRequest($"Invalid '{name}': {problem}.", name, "invalid_value");
}
