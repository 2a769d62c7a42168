using System.Globalization;
using System.Numerics;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>Numbers as text, rounded as Python does: from the exact value, half to even.</summary>
internal static class NumberFormat
{
    public const int MaxPrecision = 100;

    /// <summary>What <c>'%.2f'</c> gives, without a sign for positive numbers.</summary>
    public static string Fixed(double number, int precision)
    {
        if (!double.IsFinite(number))
        {
            return PythonFloat.Repr(number);
        }
        var negative = double.IsNegative(number);
        var digits = RoundScaled(Math.Abs(number), precision).ToString(CultureInfo.InvariantCulture).PadLeft(precision + 1, '0');
        var text = precision == 0 ? digits : digits.Insert(digits.Length - precision, ".");
        return negative ? "-" + text : text;
    }

    /// <summary>What <c>'%.2e'</c> gives.</summary>
    public static string Scientific(double number, int precision)
    {
        if (!double.IsFinite(number))
        {
            return PythonFloat.Repr(number);
        }
        var text = number.ToString("e" + precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        // .NET writes three digits of exponent, Python as many as needed but two.
        var exponentAt = text.IndexOf('e', StringComparison.Ordinal) + 2;
        var exponent = text[exponentAt..].TrimStart('0').PadLeft(2, '0');
        return text[..exponentAt] + exponent;
    }

    /// <summary>What <c>'%.2g'</c> gives.</summary>
    public static string General(double number, int precision, bool keepZeros)
    {
        if (!double.IsFinite(number))
        {
            return PythonFloat.Repr(number);
        }
        precision = Math.Max(precision, 1);
        var scientific = Scientific(number, precision - 1);
        var e = scientific.IndexOf('e', StringComparison.Ordinal);
        var exponent = int.Parse(scientific.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (exponent < -4 || exponent >= precision)
        {
            return (keepZeros ? scientific[..e] : TrimZeros(scientific[..e])) + scientific[e..];
        }
        var plain = Fixed(number, precision - 1 - exponent);
        return keepZeros ? plain : TrimZeros(plain);
    }

    /// <summary>Python's <c>round(number, precision)</c>.</summary>
    public static double Round(double number, int precision)
    {
        if (!double.IsFinite(number) || precision > 330)
        {
            return number;
        }
        if (precision < -330)
        {
            return Math.CopySign(0, number);
        }
        var scaled = RoundScaled(Math.Abs(number), precision);
        var text = string.Create(CultureInfo.InvariantCulture, $"{scaled}e{-precision}");
        return Math.CopySign(double.Parse(text, CultureInfo.InvariantCulture), number);
    }

    /// <summary>An integer rounded to tens, hundreds and so on.</summary>
    public static BigInteger Round(BigInteger number, int precision)
    {
        if (precision >= 0)
        {
            return number;
        }
        if (precision < -IntValue.MaxDigits)
        {
            return BigInteger.Zero;
        }
        var unit = BigInteger.Pow(10, -precision);
        return number.Sign * DivideHalfEven(BigInteger.Abs(number), unit) * unit;
    }

    public static string Radix(BigInteger number, int radix, bool upper)
    {
        if (radix == 10)
        {
            return number.ToString(CultureInfo.InvariantCulture);
        }
        var digits = new Stack<char>();
        var rest = BigInteger.Abs(number);
        do
        {
            rest = BigInteger.DivRem(rest, radix, out var digit);
            digits.Push((upper ? "0123456789ABCDEF" : "0123456789abcdef")[(int)digit]);
        }
        while (!rest.IsZero);
        return (number.Sign < 0 ? "-" : "") + string.Concat(digits);
    }

    private static string TrimZeros(string text) =>
        text.Contains('.', StringComparison.Ordinal) ? text.TrimEnd('0').TrimEnd('.') : text;

    /// <summary>The number times 10^precision, rounded half to even from its exact value.</summary>
    private static BigInteger RoundScaled(double number, int precision)
    {
        var bits = BitConverter.DoubleToInt64Bits(number);
        var exponent = (int)((bits >> 52) & 0x7ff);
        var mantissa = new BigInteger((bits & 0xfffffffffffffL) | (exponent == 0 ? 0 : 1L << 52));
        exponent = Math.Max(exponent, 1) - 1075;
        var numerator = mantissa * BigInteger.Pow(10, Math.Max(precision, 0)) * BigInteger.Pow(2, Math.Max(exponent, 0));
        var denominator = BigInteger.Pow(10, Math.Max(-precision, 0)) * BigInteger.Pow(2, Math.Max(-exponent, 0));
        return DivideHalfEven(numerator, denominator);
    }

    private static BigInteger DivideHalfEven(BigInteger numerator, BigInteger denominator)
    {
        var quotient = BigInteger.DivRem(numerator, denominator, out var remainder);
        var order = (remainder * 2).CompareTo(denominator);
        return order > 0 || (order == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }
}
