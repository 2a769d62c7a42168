using System.Numerics;

namespace Gateway.Llama.Grammars.Schemas;

/// <summary>What the keywords for numbers demand together.</summary>
internal sealed record NumberRange
{
    public bool Integer { get; init; }

    public ExactNumber? Least { get; init; }

    public bool LeastExcluded { get; init; }

    public ExactNumber? Most { get; init; }

    public bool MostExcluded { get; init; }

    /// <summary>Above 0 each.</summary>
    public IReadOnlyList<ExactNumber> MultiplesOf { get; init; } = [];

    public bool IsBounded => Least is not null || Most is not null;

    public NumberRange And(NumberRange other)
    {
        var (least, leastExcluded) = Tighter(Least, LeastExcluded, other.Least, other.LeastExcluded, 1);
        var (most, mostExcluded) = Tighter(Most, MostExcluded, other.Most, other.MostExcluded, -1);
        return new NumberRange
        {
            Integer = Integer || other.Integer,
            Least = least,
            LeastExcluded = leastExcluded,
            Most = most,
            MostExcluded = mostExcluded,
            MultiplesOf = [.. MultiplesOf.Union(other.MultiplesOf)],
        };
    }

    public bool Contains(ExactNumber value) =>
        (!Integer || value.IsInteger)
        && (Least is not { } least || value.ComparedTo(least) >= (LeastExcluded ? 1 : 0))
        && (Most is not { } most || value.ComparedTo(most) <= (MostExcluded ? -1 : 0))
        && MultiplesOf.All(value.IsMultipleOf);

    /// <summary>The least and most of the numbers with so many decimals, times ten to the power of them.</summary>
    public (BigInteger? Least, BigInteger? Most) Scaled(int decimals)
    {
        var least = Least?.Ceiling(decimals);
        if (LeastExcluded && least == Least!.Value.Floor(decimals))
        {
            least++;
        }

        var most = Most?.Floor(decimals);
        if (MostExcluded && most == Most!.Value.Ceiling(decimals))
        {
            most--;
        }

        return (least, most);
    }

    private static (ExactNumber? Bound, bool Excluded) Tighter(ExactNumber? a, bool aExcluded, ExactNumber? b, bool bExcluded, int direction)
    {
        if (a is not { } first || b is not { } second)
        {
            return a is null ? (b, bExcluded) : (a, aExcluded);
        }

        return (first.ComparedTo(second) * direction) switch
        {
            > 0 => (a, aExcluded),
            < 0 => (b, bExcluded),
            _ => (a, aExcluded || bExcluded),
        };
    }
}
