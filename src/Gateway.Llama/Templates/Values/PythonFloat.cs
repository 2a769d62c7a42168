using System.Globalization;

namespace Gateway.Llama.Templates.Values;

/// <summary>Floats as Python prints them: the shortest digits that read back as the same, plain from 1e-4 to below 1e16.</summary>
internal static class PythonFloat
{
    public static string Repr(double number)
    {
        if (double.IsNaN(number))
        {
            return "nan";
        }
        if (double.IsInfinity(number))
        {
            return number > 0 ? "inf" : "-inf";
        }

        var (negative, digits, exponent) = Decompose(number);
        var sign = negative ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            return sign + Scientific(digits, exponent);
        }
        if (exponent < 0)
        {
            return sign + "0." + new string('0', -exponent - 1) + digits;
        }
        return digits.Length <= exponent + 1
            ? sign + digits.PadRight(exponent + 1, '0') + ".0"
            : string.Concat(sign, digits.AsSpan(0, exponent + 1), ".", digits.AsSpan(exponent + 1));
    }

    private static string Scientific(string digits, int exponent)
    {
        var mantissa = digits.Length == 1 ? digits : string.Concat(digits.AsSpan(0, 1), ".", digits.AsSpan(1));
        var sign = exponent < 0 ? '-' : '+';
        return string.Create(CultureInfo.InvariantCulture, $"{mantissa}e{sign}{Math.Abs(exponent):00}");
    }

    /// <summary>Shortest digits without trailing zeros, and the exponent of the first one.</summary>
    private static (bool Negative, string Digits, int Exponent) Decompose(double number)
    {
        // "E16" would round; "R" gives the shortest digits, plain or scientific, from which both are read back.
        var text = number.ToString("R", CultureInfo.InvariantCulture);
        var negative = text[0] == '-';
        if (negative)
        {
            text = text[1..];
        }
        var exponent = 0;
        var e = text.IndexOf('E', StringComparison.Ordinal);
        if (e >= 0)
        {
            exponent = int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            text = text[..e];
        }
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? text : text[..point];
        var digits = whole + (point < 0 ? "" : text[(point + 1)..]);
        exponent += whole.Length - 1;

        var leading = digits.Length - digits.TrimStart('0').Length;
        digits = digits.Trim('0');
        return digits.Length == 0 ? (negative, "0", 0) : (negative, digits, exponent - leading);
    }
}
