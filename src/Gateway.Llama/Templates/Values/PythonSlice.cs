using System.Numerics;

namespace Gateway.Llama.Templates.Values;

/// <summary>Which elements <c>[start:stop:step]</c> takes of a sequence.</summary>
internal readonly record struct PythonSlice(int Start, int Count, int Step)
{
    public static PythonSlice Of(Value? start, Value? stop, Value? step, int length)
    {
        var by = Bound(step) ?? 1;
        if (by == 0)
        {
            throw TemplateException.Evaluation("slice step cannot be zero");
        }
        // A step beyond the length takes one element whatever its size.
        by = Math.Clamp(by, -length - 1, length + 1);
        var forwards = by > 0;
        var from = Clamp(Bound(start), length, forwards ? 0 : length - 1, forwards);
        var to = Clamp(Bound(stop), length, forwards ? length : -1, forwards);
        var count = forwards ? (to - from + by - 1) / by : (from - to - by - 1) / -by;
        return new(from, Math.Max(count, 0), by);
    }

    private static int? Bound(Value? value) => value switch
    {
        null or NoneValue => null,
        IntegerValue { Number: var number } => (int)BigInteger.Max(BigInteger.Min(number, int.MaxValue / 2), int.MinValue / 2),
        UndefinedValue undefined => throw TemplateException.Evaluation(
            "slice indices must be integers or None or have an __index__ method, not " + undefined.TypeName),
        _ => throw TemplateException.Evaluation("slice indices must be integers or None or have an __index__ method"),
    };

    private static int Clamp(int? bound, int length, int absent, bool forwards)
    {
        if (bound is not { } value)
        {
            return absent;
        }
        value = value < 0 ? value + length : value;
        return forwards ? Math.Clamp(value, 0, length) : Math.Clamp(value, -1, length - 1);
    }
}
