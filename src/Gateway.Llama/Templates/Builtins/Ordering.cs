using System.Numerics;
using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>Python's comparisons and its sort.</summary>
internal static class Ordering
{
    public delegate bool Comparison(RenderState state, Value left, Value right);

    public static Comparison Find(string symbol) => symbol switch
    {
        "==" => AreEqual,
        "!=" => static (state, left, right) => !AreEqual(state, left, right),
        "<" => static (state, left, right) => Compare(state, left, right, "<") < 0,
        "<=" => static (state, left, right) => Compare(state, left, right, "<=") <= 0,
        ">" => static (state, left, right) => Compare(state, left, right, ">") > 0,
        ">=" => static (state, left, right) => Compare(state, left, right, ">=") >= 0,
        "in" => Contains,
        "not in" => static (state, left, right) => !Contains(state, left, right),
        _ => throw new ArgumentOutOfRangeException(nameof(symbol)),
    };

    public static bool AreEqual(RenderState state, Value left, Value right)
    {
        state.Step(Math.Min(left.Weight, right.Weight));
        return Equality.AreEqual(left, right);
    }

    public static bool Contains(RenderState state, Value item, Value container)
    {
        state.Step(container is DictValue ? 1 : container.Weight);
        return container.Contains(state, item);
    }

    public static bool IsLess(RenderState state, Value left, Value right) => Compare(state, left, right, "<") < 0;

    /// <summary>Sorts stably; in descending order equal elements keep their order too, as in Python.</summary>
    public static List<Value> Sort(RenderState state, List<Value> items, Func<Value, Value> key, bool descending)
    {
        // Not List.Sort: that wraps what a comparison throws.
        var keyed = items.Select(item => (Key: key(item), Item: item)).ToArray();
        var scratch = new (Value Key, Value Item)[keyed.Length];
        Sort(0, keyed.Length);
        return [.. keyed.Select(pair => pair.Item)];

        void Sort(int from, int to)
        {
            if (to - from < 2)
            {
                return;
            }
            var middle = (from + to) / 2;
            Sort(from, middle);
            Sort(middle, to);
            var (left, right) = (from, middle);
            for (var i = from; i < to; i++)
            {
                var takeRight = left == middle || (right < to && IsBefore(keyed[right].Key, keyed[left].Key));
                scratch[i] = takeRight ? keyed[right++] : keyed[left++];
            }
            Array.Copy(scratch, from, keyed, from, to - from);
        }

        bool IsBefore(Value a, Value b) => descending ? IsLess(state, b, a) : IsLess(state, a, b);
    }

    /// <returns>NaN where the two are neither less, equal nor greater.</returns>
    private static double Compare(RenderState state, Value left, Value right, string symbol)
    {
        switch (left, right)
        {
            case (IntegerValue a, IntegerValue b):
                return a.Number.CompareTo(b.Number);
            case (StringValue a, StringValue b):
                state.Step();
                return CodePoints.Compare(a.Text, b.Text);
            case (IntegerValue a, FloatValue b):
                return Compare(a.Number, b.Number);
            case (FloatValue a, IntegerValue b):
                return -Compare(b.Number, a.Number);
            case (FloatValue a, FloatValue b):
                return double.IsNaN(a.Number) || double.IsNaN(b.Number) ? double.NaN : a.Number.CompareTo(b.Number);
            case (ListValue a, ListValue b):
                return CompareItems(state, a.Items, b.Items, symbol);
            case (TupleValue a, TupleValue b):
                return CompareItems(state, a.Items, b.Items, symbol);
            default:
                if ((left as UndefinedValue ?? right as UndefinedValue) is { } undefined)
                {
                    throw undefined.Error();
                }
                throw TemplateException.Evaluation(
                    $"'{symbol}' not supported between instances of '{left.TypeName}' and '{right.TypeName}'");
        }
    }

    private static double Compare(BigInteger integer, double number)
    {
        if (double.IsNaN(number))
        {
            return double.NaN;
        }
        if (double.IsInfinity(number))
        {
            return number > 0 ? -1 : 1;
        }
        var floor = Math.Floor(number);
        var order = integer.CompareTo(new BigInteger(floor));
        return order == 0 && number > floor ? -1 : order;
    }

    private static double CompareItems(RenderState state, Value[] left, Value[] right, string symbol)
    {
        for (var i = 0; i < Math.Min(left.Length, right.Length); i++)
        {
            state.Step(Math.Min(left[i].Weight, right[i].Weight));
            if (!Equality.AreSame(left[i], right[i]))
            {
                return Compare(state, left[i], right[i], symbol);
            }
        }
        return left.Length.CompareTo(right.Length);
    }
}
