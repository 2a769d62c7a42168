using System.Globalization;

namespace Gateway.Configuration;

/// <summary>The key must be there; a list needs at least one item.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class RequiredAttribute : Attribute;

/// <summary>Of a list: one item may stand in its place.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class OrOneAttribute : Attribute;

/// <summary>Of an amount of memory: 0 may be written, for none.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class OrZeroAttribute : Attribute;

/// <summary>A plain scalar may stand for an object that has nothing but this property.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ShorthandAttribute(string property) : Attribute
{
    public string Property { get; } = property;
}

/// <summary>The word in the file, where the name in kebab-case does not fit.</summary>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class WordAttribute(string word) : Attribute
{
    public string Word { get; } = word;
}

/// <summary>Least and largest value of a number or, written as in the file, of a duration.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class BoundsAttribute : Attribute
{
    private readonly IComparable _least;
    private readonly IComparable _largest;

    public BoundsAttribute(int least, int largest)
    {
        _least = least;
        _largest = largest;
        (Least, Largest) = (least.ToString(CultureInfo.InvariantCulture), largest.ToString(CultureInfo.InvariantCulture));
    }

    public BoundsAttribute(double least, double largest)
    {
        _least = least;
        _largest = largest;
        (Least, Largest) = (least.ToString(CultureInfo.InvariantCulture), largest.ToString(CultureInfo.InvariantCulture));
    }

    public BoundsAttribute(string least, string largest)
    {
        (Least, Largest) = (least, largest);
        _least = Duration.TryParse(least, out var from) ? from : throw new ArgumentException("Not a duration.", nameof(least));
        _largest = Duration.TryParse(largest, out var to) ? to : throw new ArgumentException("Not a duration.", nameof(largest));
    }

    public string Least { get; }

    public string Largest { get; }

    public bool Contains(object value) => _least.CompareTo(value) <= 0 && _largest.CompareTo(value) >= 0;
}

/// <summary>What a text must look like: an expression that .NET and ECMAScript read alike, and the same in words.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PatternAttribute(string expression, string words) : Attribute
{
    public string Expression { get; } = expression;

    public string Words { get; } = words;
}

/// <summary>A key of deployments that run in this process.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class LocalOnlyAttribute : Attribute;

/// <summary>A key of deployments that are APIs elsewhere.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class RemoteOnlyAttribute : Attribute;
