using System.Numerics;
using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>Python's arithmetic.</summary>
internal static class Arithmetic
{
    public static Value Add(RenderState state, Value left, Value right)
    {
        switch (left, right)
        {
            case (IntegerValue a, IntegerValue b):
                return IntValue.Of(a.Number + b.Number);
            case (StringValue { IsMarkup: false } a, StringValue { IsMarkup: false } b):
                return StringValue.Concat(state, a, b);
            case (StringValue a, StringValue b):
                return StringValue.Concat(state, Html.Escape(state, a), Html.Escape(state, b));
            case (ListValue a, ListValue b):
                return new ListValue(Join(state, a, b));
            case (TupleValue a, TupleValue b):
                return new TupleValue(Join(state, a, b));
        }
        RejectUndefined(left, right);
        if (TryFloats(left, right, out var x, out var y))
        {
            return new FloatValue(x + y);
        }
        throw left is StringValue or SequenceValue
            ? TemplateException.Evaluation($"can only concatenate {left.TypeName} (not \"{right.TypeName}\") to {left.TypeName}")
            : Unsupported("+", left, right);
    }

    public static Value Subtract(Value left, Value right)
    {
        RejectUndefined(left, right);
        if (left is IntegerValue a && right is IntegerValue b)
        {
            return IntValue.Of(a.Number - b.Number);
        }
        return TryFloats(left, right, out var x, out var y) ? new FloatValue(x - y) : throw Unsupported("-", left, right);
    }

    public static Value Multiply(RenderState state, Value left, Value right)
    {
        RejectUndefined(left, right);
        switch (left, right)
        {
            case (IntegerValue a, IntegerValue b):
                IntValue.CheckBits((double)a.Number.GetBitLength() + b.Number.GetBitLength());
                return IntValue.Of(a.Number * b.Number);
            case (IntegerValue count, StringValue or SequenceValue):
                return Repeat(state, right, count);
            case (StringValue or SequenceValue, IntegerValue count):
                return Repeat(state, left, count);
        }
        return TryFloats(left, right, out var x, out var y) ? new FloatValue(x * y) : throw Unsupported("*", left, right);
    }

    public static Value Divide(Value left, Value right)
    {
        RejectUndefined(left, right);
        if (!TryFloats(left, right, out var x, out var y))
        {
            throw Unsupported("/", left, right);
        }
        return y == 0 ? throw DivisionByZero() : new FloatValue(x / y);
    }

    public static Value FloorDivide(Value left, Value right)
    {
        RejectUndefined(left, right);
        if (left is IntegerValue a && right is IntegerValue b)
        {
            return IntValue.Of(FloorDivide(a.Number, b.Number).Quotient);
        }
        return TryFloats(left, right, out var x, out var y)
            ? new FloatValue(FloorDivide(x, y).Quotient)
            : throw Unsupported("//", left, right);
    }

    public static Value Modulo(RenderState state, Value left, Value right)
    {
        if (left is StringValue format)
        {
            return PrintfFormat.Format(state, format, right);
        }
        RejectUndefined(left, right);
        if (left is IntegerValue a && right is IntegerValue b)
        {
            return IntValue.Of(FloorDivide(a.Number, b.Number).Remainder);
        }
        return TryFloats(left, right, out var x, out var y)
            ? new FloatValue(FloorDivide(x, y).Remainder)
            : throw Unsupported("%", left, right);
    }

    public static Value Power(Value left, Value right)
    {
        RejectUndefined(left, right);
        if (left is IntegerValue a && right is IntegerValue b && b.Number.Sign >= 0)
        {
            if (BigInteger.Abs(a.Number) <= 1)
            {
                return IntValue.Of(b.Number.IsZero ? BigInteger.One : a.Number.Sign < 0 && b.Number.IsEven ? BigInteger.One : a.Number);
            }
            IntValue.CheckBits((double)(a.Number.GetBitLength() - 1) * (double)b.Number);
            return IntValue.Of(BigInteger.Pow(a.Number, (int)b.Number));
        }
        if (!TryFloats(left, right, out var x, out var y))
        {
            throw Unsupported("** or pow()", left, right);
        }
        if (x == 0 && y < 0)
        {
            throw TemplateException.Evaluation("0.0 cannot be raised to a negative power");
        }
        if (x < 0 && double.IsFinite(x) && double.IsFinite(y) && !double.IsInteger(y))
        {
            throw TemplateException.Unsupported("a complex number");
        }
        var power = Math.Pow(x, y);
        return double.IsInfinity(power) && double.IsFinite(x) && double.IsFinite(y)
            ? throw TemplateException.Evaluation("numerical result out of range")
            : new FloatValue(power);
    }

    public static Value Negate(Value operand) => operand switch
    {
        IntegerValue number => IntValue.Of(-number.Number),
        FloatValue number => new FloatValue(-number.Number),
        UndefinedValue undefined => throw undefined.Error(),
        _ => throw TemplateException.Evaluation($"bad operand type for unary -: '{operand.TypeName}'"),
    };

    public static Value Plus(Value operand) => operand switch
    {
        IntegerValue number => IntValue.Of(number.Number),
        FloatValue => operand,
        UndefinedValue undefined => throw undefined.Error(),
        _ => throw TemplateException.Evaluation($"bad operand type for unary +: '{operand.TypeName}'"),
    };

    /// <summary>The value as a float, if it is a number.</summary>
    public static bool TryFloat(Value value, out double number)
    {
        switch (value)
        {
            case FloatValue real:
                number = real.Number;
                return true;
            case IntegerValue integer:
                number = (double)integer.Number;
                return double.IsFinite(number) ? true : throw TemplateException.Evaluation("int too large to convert to float");
            default:
                number = 0;
                return false;
        }
    }

    private static bool TryFloats(Value left, Value right, out double x, out double y)
    {
        y = 0;
        return TryFloat(left, out x) && TryFloat(right, out y);
    }

    private static (BigInteger Quotient, BigInteger Remainder) FloorDivide(BigInteger left, BigInteger right)
    {
        if (right.IsZero)
        {
            throw DivisionByZero();
        }
        var (quotient, remainder) = BigInteger.DivRem(left, right);
        return remainder.Sign != 0 && remainder.Sign != right.Sign ? (quotient - 1, remainder + right) : (quotient, remainder);
    }

    private static (double Quotient, double Remainder) FloorDivide(double left, double right)
    {
        if (right == 0)
        {
            throw DivisionByZero();
        }
        var remainder = left % right;
        var quotient = (left - remainder) / right;
        if (remainder != 0)
        {
            if (right < 0 != remainder < 0)
            {
                remainder += right;
                quotient -= 1;
            }
        }
        else
        {
            remainder = Math.CopySign(0, right);
        }
        if (quotient == 0)
        {
            return (Math.CopySign(0, left / right), remainder);
        }
        var floor = Math.Floor(quotient);
        return (quotient - floor > 0.5 ? floor + 1 : floor, remainder);
    }

    private static Value Repeat(RenderState state, Value value, IntegerValue times)
    {
        var size = value is StringValue measured ? measured.Text.Length : value.Length ?? 0;
        var count = BigInteger.Max(times.Number, 0);
        var total = size == 0 ? 0 : (long)BigInteger.Min(count * size, long.MaxValue / 16);
        if (value is StringValue text)
        {
            state.CheckLength(total);
            return new TextBuilder(state).AppendRepeated(text, size == 0 ? 0 : (long)count).ToValue(text.IsMarkup);
        }
        state.AllocateItems(total);
        var sequence = (SequenceValue)value;
        var items = new Value[total];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = sequence.Items[i % size];
        }
        return sequence.With(items);
    }

    private static Value[] Join(RenderState state, SequenceValue left, SequenceValue right)
    {
        state.AllocateItems(left.Items.Length + right.Items.Length);
        return [.. left.Items, .. right.Items];
    }

    private static void RejectUndefined(Value left, Value right)
    {
        if ((left as UndefinedValue ?? right as UndefinedValue) is { } undefined)
        {
            throw undefined.Error();
        }
    }

    private static TemplateException Unsupported(string operation, Value left, Value right) =>
        TemplateException.Evaluation($"unsupported operand type(s) for {operation}: '{left.TypeName}' and '{right.TypeName}'");

    private static TemplateException DivisionByZero() => TemplateException.Evaluation("division by zero");
}
