using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Gateway.Stores;

/// <summary>Where a page of a list ended: the place of its last row in the order of time and id. To clients it is a text without meaning.</summary>
/// <param name="At">Microseconds since 1970.</param>
/// <param name="Id">Id of the row.</param>
internal readonly record struct PageCursor(long At, string Id)
{
    private const int Longest = 200;

    public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{At}:{Id}")));

    /// <summary>Reads what <see cref="ToString"/> wrote; whatever else it reads finds rows that its holder may see anyway.</summary>
    public static bool TryParse(string text, out PageCursor cursor)
    {
        cursor = default;
        if (text.Length > Longest || !Base64Url.IsValid(text))
        {
            return false;
        }

        var (plain, colon) = (Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)), 0);
        if ((colon = plain.IndexOf(':', StringComparison.Ordinal)) < 0
            || !long.TryParse(plain.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            || plain.Contains('\0', StringComparison.Ordinal))
        {
            return false;
        }

        cursor = new PageCursor(at, plain[(colon + 1)..]);
        return true;
    }
}
