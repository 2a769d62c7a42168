using System.Globalization;
using System.Text;

namespace Gateway.Llama.Gguf;

/// <summary>Text of a file as a message or a terminal may show it: the file may be hostile.</summary>
public static class GgufText
{
    private const int Longest = 80;

    /// <summary>Replaces what could steer a terminal or spoof a line by <c>\xNN</c> or <c>\uNNNN</c>, and shortens.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="longest">Characters kept.</param>
    public static string Show(string text, int longest = Longest)
    {
        ArgumentNullException.ThrowIfNull(text);
        var shown = new StringBuilder(Math.Min(text.Length, longest) + 8);
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown.Length >= longest)
            {
                shown.Append('…');
                break;
            }

            if (IsHarmless(rune))
            {
                shown.Append(rune.ToString());
            }
            else
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            }
        }

        return shown.ToString();
    }

    /// <summary>Bytes that should be UTF-8, shown as <see cref="Show(string, int)"/> does.</summary>
    internal static string Show(ReadOnlySpan<byte> bytes) =>
        Show(Encoding.UTF8.GetString(bytes.Length > 4 * Longest ? bytes[..(4 * Longest)] : bytes));

    // Format characters (bidi overrides, zero width) change how the rest of a line reads.
    private static bool IsHarmless(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
