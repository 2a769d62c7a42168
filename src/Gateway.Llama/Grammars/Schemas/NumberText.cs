using System.Globalization;
using System.Numerics;
using Gateway.Llama.Grammars.Automata;

namespace Gateway.Llama.Grammars.Schemas;

/// <summary>
/// JSON numbers as they are written. Where nothing bounds a number its digits are bounded all the same, since models tend to write digits
/// without end, and its exponent, so that it is one to every reader; where something does, it is written without an exponent.
/// </summary>
internal static class NumberText
{
    // 16 digits: what a double holds. Decimals: with so few, what is left of 15 digits, a reader's double compares as the decimal number does.
    private const int FreeDigits = 16;
    private const int ExactDigits = 15;
    private const int MostDecimals = 9;
    private const int MostDigits = 320;
    private const int MostListed = 2_000;
    private const int LargestStep = 10_000;

    private static readonly Regular Digit = Regular.Of(CharSet.Digits);
    private static readonly Regular NonZero = Regular.Of(CharSet.Range('1', '9'));
    private static readonly Regular Whole = Regular.All(
        Regular.Loop(Regular.Text("-"), 0, 1),
        Regular.Any(Regular.Text("0"), Regular.All(NonZero, Regular.Loop(Digit, 0, FreeDigits - 1))));

    public static Terminal Any { get; } = new(Dfa.From(Regular.All(
        Whole,
        Regular.Loop(Regular.All(Regular.Text("."), Regular.Loop(Digit, 1, FreeDigits)), 0, 1),
        Regular.Loop(
            Regular.All(Regular.Of(CharSet.Of("eE")), Regular.Loop(Regular.Of(CharSet.Of("+-")), 0, 1), Regular.Loop(Digit, 1, 2)), 0, 1))));

    public static Terminal AnyInteger { get; } = new(Dfa.From(Whole));

    /// <summary>The numbers of a range; null when they cannot be held.</summary>
    /// <exception cref="AutomatonLimitException">They need too many states.</exception>
    public static Terminal? TryWrite(NumberRange range)
    {
        if (range is { IsBounded: false, MultiplesOf.Count: 0 })
        {
            return range.Integer ? AnyInteger : Any;
        }

        var decimals = Decimals(range);
        if (decimals is null)
        {
            return null;
        }

        var (least, most) = Bounds(range, decimals.Value);
        if (Digits(least) > MostDigits || Digits(most) > MostDigits)
        {
            return null;
        }

        if (range.MultiplesOf.Count == 0)
        {
            return new Terminal(Between(range, decimals.Value, least, most));
        }

        return TryList(range, decimals.Value, least, most) is { } listed ? listed : TryIntersect(range, decimals.Value, least, most);
    }

    /// <summary>How many decimals are written at most.</summary>
    private static int? Decimals(NumberRange range)
    {
        if (range.Integer)
        {
            return 0;
        }

        if (range.MultiplesOf.Count > 0)
        {
            // A multiple of 0.25 has two decimals at most. More can be written in zeros only.
            return range.MultiplesOf.Min(step => step.Decimals);
        }

        // Two more than the bounds have: between two bounds that differ there is always one.
        var ofBounds = Math.Max(range.Least?.Decimals ?? 0, range.Most?.Decimals ?? 0);
        var (least, most) = Bounds(range, 0);
        var digits = Math.Max(Digits(least), Digits(most));
        var decimals = Math.Max(ofBounds + 2, Math.Min(MostDecimals, ExactDigits - digits));
        return decimals <= MostDigits ? decimals : null;
    }

    /// <summary>Both bounds, times ten to the power of <paramref name="decimals"/>; one that is open leaves room above the other.</summary>
    private static (BigInteger Least, BigInteger Most) Bounds(NumberRange range, int decimals)
    {
        var (least, most) = range.Scaled(decimals);
        if (least is { } low && most is { } high)
        {
            return (low, high);
        }

        var steps = range.MultiplesOf.Select(step => step.Ceiling(decimals)).Append(1).Max();
        var digits = Math.Max(
            Math.Max(Digits(least ?? 0), Digits(most ?? 0)) + 2 + Digits(steps),
            (range.Integer ? FreeDigits : FreeDigits - MostDecimals + 2) + decimals);
        var open = BigInteger.Pow(10, digits) - 1;
        return (least ?? -open, most ?? open);
    }

    private static int Digits(BigInteger value) => BigInteger.Abs(value).ToString(CultureInfo.InvariantCulture).Length;

    /// <summary>All of them, where they are few.</summary>
    private static Terminal? TryList(NumberRange range, int decimals, BigInteger least, BigInteger most)
    {
        var step = range.MultiplesOf.Select(multiple => multiple.Ceiling(decimals)).Max();
        if ((most - least) / step > MostListed)
        {
            return null;
        }

        // Multiples of the largest step, of those the ones that fit the others too.
        var largest = range.MultiplesOf.Aggregate((a, b) => a.ComparedTo(b) < 0 ? b : a);
        var texts = new List<string>();
        var scale = Math.Max(decimals, largest.Decimals);
        var size = largest.Floor(scale);
        var (from, to) = range.Scaled(scale);
        from ??= least * BigInteger.Pow(10, scale - decimals);
        to ??= most * BigInteger.Pow(10, scale - decimals);
        var first = BigInteger.DivRem(from.Value, size, out var rest);
        for (var factor = rest.Sign > 0 ? first + 1 : first; factor * size <= to; factor++)
        {
            var value = new ExactNumber(factor * size, -scale);
            if (range.Contains(value))
            {
                texts.Add(value.ToString());
            }
        }

        return new Terminal(Dfa.OneOf(texts));
    }

    private static Terminal? TryIntersect(NumberRange range, int decimals, BigInteger least, BigInteger most)
    {
        Dfa? all = range.IsBounded ? Between(range, decimals, least, most) : null;
        foreach (var multiple in range.MultiplesOf)
        {
            // Multiples of 2.5 that are integers are multiples of 5.
            var digits = Math.Max(decimals, multiple.Decimals);
            var size = multiple.Floor(digits);
            size /= BigInteger.GreatestCommonDivisor(size, BigInteger.Pow(10, digits - decimals));
            if (size > LargestStep)
            {
                return null;
            }

            var multiples = Multiples((int)size, decimals);
            all = all is null ? multiples : all.Intersect(multiples);
        }

        return new Terminal(all!);
    }

    private static Dfa Between(NumberRange range, int mostDecimals, BigInteger least, BigInteger most)
    {
        var nfa = new Nfa();
        var (start, negative, end) = (nfa.AddState(), nfa.AddState(), nfa.AddState());
        nfa.AddEdge(start, CharSet.Of('-'), negative);
        for (var decimals = 0; decimals <= mostDecimals; decimals++)
        {
            var (low, high) = range.Scaled(decimals);
            var shift = BigInteger.Pow(10, mostDecimals - decimals);
            var writer = new RangeWriter(nfa, decimals, end);
            var (from, to) = (low ?? (least / shift), high ?? (most / shift));
            if (to.Sign >= 0)
            {
                writer.Write(start, BigInteger.Max(from, 0), to);
            }

            if (from.Sign < 0)
            {
                // No "-0": it would be one more way to write zero.
                writer.Write(negative, BigInteger.Max(-to, 1), -from);
            }
        }

        return Dfa.From(nfa, start, end);
    }

    /// <summary>Multiples of a step that counts units of the last decimal. The state is the remainder, and how many decimals were written.</summary>
    private static Dfa Multiples(int step, int decimals)
    {
        var builder = new DfaBuilder();
        var start = builder.AddState(accepting: false);
        var negative = builder.AddState(accepting: false);
        builder.AddEdge(start, '-', '-', negative);
        var known = new Dictionary<(int Remainder, int Written, bool Leading), int>();
        var open = new Queue<(int Remainder, int Written, bool Leading)>();

        // Written is -1 before the point. Leading: a single 0, which no digit follows.
        int Known(int remainder, int written, bool leading)
        {
            if (!known.TryGetValue((remainder, written, leading), out var id))
            {
                var rest = BigInteger.Pow(10, decimals - Math.Max(written, 0));
                known.Add((remainder, written, leading), id = builder.AddState(written != 0 && (remainder * rest % step).IsZero));
                open.Enqueue((remainder, written, leading));
            }

            return id;
        }

        for (var digit = 0; digit <= 9; digit++)
        {
            var next = Known(digit % step, -1, digit == 0);
            builder.AddEdge(start, '0' + digit, '0' + digit, next);
            if (digit > 0)
            {
                builder.AddEdge(negative, '0' + digit, '0' + digit, next);
            }
        }

        // "-0.5"
        var negativeZero = builder.AddState(accepting: false);
        builder.AddEdge(negative, '0', '0', negativeZero);
        if (decimals > 0)
        {
            builder.AddEdge(negativeZero, '.', '.', Known(0, 0, false));
        }

        while (open.TryDequeue(out var state))
        {
            var from = known[state];
            if (state.Written < 0 && decimals > 0)
            {
                builder.AddEdge(from, '.', '.', Known(state.Remainder, 0, false));
            }

            if (state.Leading || state.Written == decimals)
            {
                continue;
            }

            for (var digit = 0; digit <= 9; digit++)
            {
                var written = state.Written < 0 ? -1 : state.Written + 1;
                builder.AddEdge(from, '0' + digit, '0' + digit, Known((int)((((long)state.Remainder * 10) + digit) % step), written, false));
            }
        }

        return builder.Build();
    }

    /// <summary>Numbers with a fixed count of decimals, digit by digit against the bounds.</summary>
    private sealed class RangeWriter(Nfa nfa, int decimals, int end)
    {
        private readonly Dictionary<int, int> _free = [];

        public void Write(int start, BigInteger least, BigInteger most)
        {
            if (least > most)
            {
                return;
            }

            var shortest = Math.Max(Digits(least), decimals + 1);
            var longest = Math.Max(Digits(most), decimals + 1);
            for (var length = shortest; length <= longest; length++)
            {
                // A first zero only before the point.
                var low = length == shortest ? least : BigInteger.Pow(10, length - 1);
                var high = length == longest ? most : BigInteger.Pow(10, length) - 1;
                Bounded(start, Text(low, length), Text(high, length));
            }
        }

        private string Text(BigInteger value, int length)
        {
            var text = value.ToString(CultureInfo.InvariantCulture).PadLeft(length, '0');
            return decimals == 0 ? text : text.Insert(length - decimals, ".");
        }

        private void Bounded(int from, string low, string high)
        {
            var at = 0;
            while (at < low.Length && low[at] == high[at])
            {
                from = Next(from, low[at], at == low.Length - 1);
                at++;
            }

            if (at == low.Length)
            {
                return;
            }

            Between(from, low[at] + 1, high[at] - 1, low.Length - at - 1);
            OneSide(from, low, at, upward: true);
            OneSide(from, high, at, upward: false);
        }

        private void OneSide(int from, string bound, int at, bool upward)
        {
            for (; at < bound.Length; at++)
            {
                from = Next(from, bound[at], at == bound.Length - 1);
                if (at + 1 < bound.Length && bound[at + 1] != '.')
                {
                    Between(from, upward ? bound[at + 1] + 1 : '0', upward ? '9' : bound[at + 1] - 1, bound.Length - at - 2);
                }
            }
        }

        private void Between(int from, int low, int high, int charactersLeft)
        {
            if (low <= high)
            {
                nfa.AddEdge(from, CharSet.Range(low, high), Free(charactersLeft));
            }
        }

        private int Next(int from, char character, bool last)
        {
            var next = last ? end : nfa.AddState();
            nfa.AddEdge(from, CharSet.Of(character), next);
            return next;
        }

        /// <summary>So many more characters, digits and perhaps the point, whatever they are.</summary>
        private int Free(int charactersLeft)
        {
            if (charactersLeft == 0)
            {
                return end;
            }

            if (!_free.TryGetValue(charactersLeft, out var state))
            {
                _free.Add(charactersLeft, state = nfa.AddState());
                nfa.AddEdge(state, decimals > 0 && charactersLeft == decimals + 1 ? CharSet.Of('.') : CharSet.Digits, Free(charactersLeft - 1));
            }

            return state;
        }
    }
}
