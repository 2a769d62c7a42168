using System.Globalization;
using System.Numerics;

namespace Gateway.Llama.Grammars.Schemas;

/// <summary>A JSON number as it stands: mantissa times ten to the power of the exponent, without trailing zeros in the mantissa.</summary>
internal readonly record struct ExactNumber
{
    private const int MostExponent = 400;

    public ExactNumber(BigInteger mantissa, int exponent)
    {
        while (!mantissa.IsZero && mantissa % 10 == 0)
        {
            mantissa /= 10;
            exponent++;
        }

        Mantissa = mantissa;
        Exponent = mantissa.IsZero ? 0 : exponent;
    }

    public BigInteger Mantissa { get; }

    public int Exponent { get; }

    public bool IsInteger => Exponent >= 0;

    /// <summary>Digits after the decimal point.</summary>
    public int Decimals => Math.Max(0, -Exponent);

    /// <summary>Reads a number of a JSON document; false when it has hundreds of digits.</summary>
    public static bool TryParse(string json, out ExactNumber number)
    {
        number = default;
        var e = json.AsSpan().IndexOfAny('e', 'E');
        var digits = e < 0 ? json : json[..e];
        var exponent = 0;
        if (digits.Length > MostExponent
            || (e >= 0 && (!int.TryParse(json.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)
                || Math.Abs((long)exponent) > MostExponent)))
        {
            return false;
        }

        var point = digits.IndexOf('.', StringComparison.Ordinal);
        if (point >= 0)
        {
            exponent -= digits.Length - point - 1;
            digits = digits.Remove(point, 1);
        }

        number = new ExactNumber(BigInteger.Parse(digits, CultureInfo.InvariantCulture), exponent);
        return true;
    }

    /// <summary>The largest integer that is not more than the number times ten to the power of <paramref name="decimals"/>.</summary>
    public BigInteger Floor(int decimals)
    {
        var shift = Exponent + decimals;
        if (shift >= 0)
        {
            return Mantissa * BigInteger.Pow(10, shift);
        }

        var quotient = BigInteger.DivRem(Mantissa, BigInteger.Pow(10, -shift), out var rest);
        return rest.Sign < 0 ? quotient - 1 : quotient;
    }

    /// <summary>The smallest integer that is not less than the number times ten to the power of <paramref name="decimals"/>.</summary>
    public BigInteger Ceiling(int decimals) => -new ExactNumber(-Mantissa, Exponent).Floor(decimals);

    public int ComparedTo(ExactNumber other)
    {
        var decimals = Math.Max(Decimals, other.Decimals);
        return Floor(decimals).CompareTo(other.Floor(decimals));
    }

    public bool IsMultipleOf(ExactNumber step)
    {
        var decimals = Math.Max(Decimals, step.Decimals);
        return (Floor(decimals) % step.Floor(decimals)).IsZero;
    }

    /// <summary>Written without an exponent.</summary>
    public override string ToString()
    {
        var text = BigInteger.Abs(Floor(Decimals)).ToString(CultureInfo.InvariantCulture).PadLeft(Decimals + 1, '0');
        text = Decimals == 0 ? text : text.Insert(text.Length - Decimals, ".");
        return Mantissa.Sign < 0 ? "-" + text : text;
    }
}
