using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Gateway.Exchanges;

/// <summary>The classes of data of a configuration, the least sensitive first.</summary>
internal sealed class DataClasses
{
    /// <summary>
    /// <c>public</c>: fit to be published. <c>internal</c>: of the organisation, about nobody in particular. <c>personal</c>: about people.
    /// <c>restricted</c>: under a duty of secrecy, such as health, justice and security.
    /// </summary>
    public static readonly ImmutableArray<string> DefaultNames = ["public", "internal", "personal", "restricted"];

    /// <summary>A policy has a rule for each.</summary>
    public const int Most = 16;

    public const string NamePattern = "^[a-z][a-z0-9_-]{0,31}$";
    public const string NameInWords = "1 to 32 small letters (a-z), digits, `_` or `-`, the first a letter";

    private readonly FrozenDictionary<string, DataClass> _byName;

    /// <param name="names">At least one, each once.</param>
    public DataClasses(IReadOnlyList<string> names)
    {
        // The middle one of an odd number is of the upper half.
        All = [.. names.Select((name, rank) => new DataClass(name, rank, rank >= names.Count / 2))];
        _byName = All.ToFrozenDictionary(c => c.Name, StringComparer.Ordinal);
    }

    /// <summary>All of them, at their rank.</summary>
    public ImmutableArray<DataClass> All { get; }

    public DataClass Lowest => All[0];

    /// <summary>The class of this name; null when there is none.</summary>
    public DataClass? Find(string name) => _byName.GetValueOrDefault(name);
}
