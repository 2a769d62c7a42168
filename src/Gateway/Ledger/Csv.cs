using System.Globalization;
using System.Text;

namespace Gateway.Ledger;

/// <summary>Comma-separated values, as RFC 4180 has them, that a spreadsheet takes for nothing but text and numbers.</summary>
internal static class Csv
{
    /// <summary>Adds a row. Texts that a spreadsheet would take for a formula get an apostrophe before them.</summary>
    public static void AppendRow(StringBuilder output, params ReadOnlySpan<object?> cells)
    {
        for (var i = 0; i < cells.Length; i++)
        {
            output.Append(i == 0 ? "" : ",").Append(cells[i] switch
            {
                string text => Escape(text),
                bool value => value ? "true" : "false",
                var other => Convert.ToString(other, CultureInfo.InvariantCulture),
            });
        }

        output.Append("\r\n");
    }

    // https://owasp.org/www-community/attacks/CSV_Injection
    private static string Escape(string text)
    {
        var harmless = text is ['=' or '+' or '-' or '@' or '\t' or '\r' or '\n', ..] ? "'" + text : text;
        return harmless.AsSpan().IndexOfAny("\",\r\n") < 0 ? harmless : $"\"{harmless.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
