using System.Globalization;
using System.Numerics;

namespace Gateway.Llama.Templates.Values;

internal sealed class NoneValue : Value
{
    public static NoneValue Instance { get; } = new();

    public override string TypeName => "NoneType";

    public override bool IsTrue => false;

    public override void WriteRepr(TextBuilder output) => output.Append("None");
}

/// <summary>A whole number; a bool is one too, as in Python.</summary>
internal abstract class IntegerValue : Value
{
    public abstract BigInteger Number { get; }
}

internal sealed class BoolValue : IntegerValue
{
    private readonly bool _value;

    private BoolValue(bool value) => _value = value;

    public static BoolValue True { get; } = new(true);

    public static BoolValue False { get; } = new(false);

    public override string TypeName => "bool";

    public override bool IsTrue => _value;

    public override BigInteger Number => _value ? BigInteger.One : BigInteger.Zero;

    public static BoolValue Of(bool value) => value ? True : False;

    public override void WriteRepr(TextBuilder output) => output.Append(_value ? "True" : "False");
}

internal sealed class IntValue : IntegerValue
{
    // Python refuses to print more than 4,300 digits; beyond that a number is an attack, not arithmetic.
    public const int MaxDigits = 4300;
    private const int MaxBits = 14_284;
    private const int CachedFrom = -16;
    private const int CachedTo = 256;

    private static readonly IntValue[] Cache =
        [.. Enumerable.Range(CachedFrom, CachedTo - CachedFrom).Select(n => new IntValue(n))];

    private IntValue(BigInteger number) => Number = number;

    public override string TypeName => "int";

    public override bool IsTrue => !Number.IsZero;

    public override BigInteger Number { get; }

    public static IntValue Of(long number) =>
        number is >= CachedFrom and < CachedTo ? Cache[number - CachedFrom] : new(number);

    public static IntValue Of(BigInteger number)
    {
        if (number >= CachedFrom && number < CachedTo)
        {
            return Cache[(int)number - CachedFrom];
        }
        return number.GetBitLength() > MaxBits
            ? throw TemplateException.Limit($"a number of the template has more than {MaxDigits} digits")
            : new(number);
    }

    /// <summary>An error before a power or product is computed that could not be kept.</summary>
    public static void CheckBits(double bits)
    {
        if (bits > MaxBits + 64)
        {
            throw TemplateException.Limit($"a number of the template has more than {MaxDigits} digits");
        }
    }

    public override void WriteRepr(TextBuilder output) => output.Append(Number.ToString(CultureInfo.InvariantCulture));

    public override Value? GetAttribute(Runtime.RenderState state, string name) => name switch
    {
        "real" or "numerator" => this,
        "imag" => Of(0),
        "denominator" => Of(1),
        _ => null,
    };
}

internal sealed class FloatValue(double number) : Value
{
    public override string TypeName => "float";

    public override bool IsTrue => Number != 0;

    public double Number { get; } = number;

    public override void WriteRepr(TextBuilder output) => output.Append(PythonFloat.Repr(Number));

    public override Value? GetAttribute(Runtime.RenderState state, string name) => name switch
    {
        "real" => this,
        "imag" => new FloatValue(0),
        "is_integer" => FunctionValue.Of(name, (_, _) => BoolValue.Of(double.IsInteger(Number))),
        _ => null,
    };
}
