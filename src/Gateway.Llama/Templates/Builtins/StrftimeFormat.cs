using System.Globalization;
using System.Text;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>
/// Python's <c>strftime</c> on Linux, in the C locale: the directives of Python and glibc, with glibc's flags <c>- _ 0 ^ #</c>. The time is
/// naive, as <c>datetime.now()</c> is, so <c>%z</c> and <c>%Z</c> are empty.
/// </summary>
internal static class StrftimeFormat
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    public static string Format(string format, DateTimeOffset now)
    {
        var result = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                result.Append(format[i]);
                continue;
            }
            var start = i++;
            var flag = '\0';
            while (i < format.Length && format[i] is '-' or '_' or '0' or '^' or '#')
            {
                flag = format[i++];
            }
            var text = i < format.Length ? Directive(format[i], flag, now) : null;
            result.Append(text ?? format[start..Math.Min(i + 1, format.Length)]);
        }
        return result.ToString();
    }

    private static string? Directive(char directive, char flag, DateTimeOffset now)
    {
        var hour12 = now.Hour % 12 == 0 ? 12 : now.Hour % 12;
        var text = directive switch
        {
            'a' => now.ToString("ddd", Culture),
            'A' => now.ToString("dddd", Culture),
            'b' or 'h' => now.ToString("MMM", Culture),
            'B' => now.ToString("MMMM", Culture),
            'c' => now.ToString("ddd MMM ", Culture) + now.Day.ToString(Culture).PadLeft(2) + now.ToString(" HH:mm:ss yyyy", Culture),
            'C' => Number(now.Year / 100, 2, '0', flag),
            'd' => Number(now.Day, 2, '0', flag),
            'D' or 'x' => now.ToString("MM/dd/yy", Culture),
            'e' => Number(now.Day, 2, ' ', flag),
            'f' => now.ToString("ffffff", Culture),
            'F' => now.ToString("yyyy-MM-dd", Culture),
            'g' => Number(ISOWeek.GetYear(now.DateTime) % 100, 2, '0', flag),
            'G' => Number(ISOWeek.GetYear(now.DateTime), 4, '0', flag),
            'H' => Number(now.Hour, 2, '0', flag),
            'I' => Number(hour12, 2, '0', flag),
            'j' => Number(now.DayOfYear, 3, '0', flag),
            'k' => Number(now.Hour, 2, ' ', flag),
            'l' => Number(hour12, 2, ' ', flag),
            'm' => Number(now.Month, 2, '0', flag),
            'M' => Number(now.Minute, 2, '0', flag),
            'n' => "\n",
            'p' => now.Hour < 12 ? "AM" : "PM",
            'P' => now.Hour < 12 ? "am" : "pm",
            'r' => now.ToString("hh:mm:ss tt", Culture),
            'R' => now.ToString("HH:mm", Culture),
            's' => now.ToUnixTimeSeconds().ToString(Culture),
            'S' => Number(now.Second, 2, '0', flag),
            't' => "\t",
            'T' or 'X' => now.ToString("HH:mm:ss", Culture),
            'u' => (now.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)now.DayOfWeek).ToString(Culture),
            'U' => Number((now.DayOfYear + 6 - (int)now.DayOfWeek) / 7, 2, '0', flag),
            'V' => Number(ISOWeek.GetWeekOfYear(now.DateTime), 2, '0', flag),
            'w' => ((int)now.DayOfWeek).ToString(Culture),
            'W' => Number((now.DayOfYear + 6 - ((int)now.DayOfWeek + 6) % 7) / 7, 2, '0', flag),
            'y' => Number(now.Year % 100, 2, '0', flag),
            'Y' => now.Year.ToString(Culture),
            'z' or 'Z' => "",
            '%' => "%",
            _ => null,
        };
        return flag switch
        {
            '^' => text?.ToUpperInvariant(),
            '#' when directive == 'p' => text?.ToLowerInvariant(),
            '#' => text?.ToUpperInvariant(),
            _ => text,
        };
    }

    private static string Number(int number, int width, char padding, char flag) => flag switch
    {
        '-' => number.ToString(Culture),
        '_' => number.ToString(Culture).PadLeft(width),
        '0' => number.ToString(Culture).PadLeft(width, '0'),
        _ => number.ToString(Culture).PadLeft(width, padding),
    };
}
