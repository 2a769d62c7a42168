using System.Globalization;
using Gateway.Api;
using Gateway.Stores;

namespace Gateway.Admin;

/// <summary>Which page of a list is asked for.</summary>
/// <param name="After">Where the page before ended; null for the first.</param>
/// <param name="Limit">Most rows.</param>
internal readonly record struct PageRequest(PageCursor? After, int Limit)
{
    public const int DefaultSize = 100;
    public const int LargestSize = 1000;

    /// <summary>Reads what a client or a user said.</summary>
    public static PageRequest? Parse(string? cursor, string? limit, out ApiError? error)
    {
        var size = DefaultSize;
        PageCursor after = default;
        error = limit is not null && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out size) || size is < 1 or > LargestSize)
            ? ApiError.BadRequest($"Invalid 'limit': must be a whole number from 1 to {LargestSize}.", "limit", "invalid_value")
            : cursor is not null && !PageCursor.TryParse(cursor, out after)
            ? ApiError.BadRequest("Invalid 'cursor': it is none that this gateway gave; take `next_cursor` of the page before, as it is.", "cursor", "invalid_value")
            : null;
        return error is null ? new PageRequest(cursor is null ? null : after, size) : null;
    }

    /// <summary>What is wrong with texts to look for; null when nothing is.</summary>
    public static ApiError? CheckTexts(params ReadOnlySpan<(string Name, string? Text)> texts)
    {
        foreach (var (name, text) in texts)
        {
            // PostgreSQL's texts hold none.
            if (text?.Contains('\0', StringComparison.Ordinal) ?? false)
            {
                return ApiError.BadRequest($"Invalid '{name}': it holds a NUL character.", name, "invalid_value");
            }
        }

        return null;
    }
}
