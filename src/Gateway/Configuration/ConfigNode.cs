using System.Globalization;

namespace Gateway.Configuration;

/// <summary>A place in the file; both count from 1.</summary>
internal readonly record struct ConfigPosition(int Line, int Column);

/// <summary>
/// What stands in the file, before it is given a meaning. Unlike YamlDotNet's own tree it keeps duplicate keys, so that they can be
/// reported beside everything else that is wrong.
/// </summary>
/// <param name="position">Where the value begins.</param>
/// <param name="size">Nodes in it, aliases counted as often as they are used.</param>
/// <param name="height">Levels in it.</param>
internal abstract class ConfigNode(ConfigPosition position, long size, int height)
{
    public ConfigPosition Position { get; } = position;

    public long Size { get; } = size;

    public int Height { get; } = height;

    /// <summary>What it is, for messages.</summary>
    public abstract string Kind { get; }
}

/// <param name="position">Where the value begins.</param>
/// <param name="text">The value; quotes and escapes are resolved.</param>
/// <param name="isPlain">Without quotes, so that it may be a number, a bool or null.</param>
internal sealed class ConfigScalar(ConfigPosition position, string text, bool isPlain) : ConfigNode(position, 1, 1)
{
    public string Text { get; } = text;

    public bool IsPlain { get; } = isPlain;

    public bool IsNull => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";

    public override string Kind => IsNull ? "no value" : "a plain value";
}

/// <summary>A list or a mapping. The items of a list have the keys <c>[0]</c>, <c>[1]</c> and so on.</summary>
internal sealed class ConfigCollection : ConfigNode
{
    private readonly Dictionary<string, int> _byKey = new(StringComparer.Ordinal);

    public ConfigCollection(ConfigPosition position, bool isList, IReadOnlyList<ConfigEntry> entries)
        : base(position, 1 + entries.Sum(e => e.Value.Size), 1 + (entries.Count == 0 ? 0 : entries.Max(e => e.Value.Height)))
    {
        (IsList, Entries) = (isList, entries);
        for (var i = 0; i < entries.Count; i++)
        {
            _byKey.TryAdd(entries[i].Key, i);
        }
    }

    public bool IsList { get; }

    public IReadOnlyList<ConfigEntry> Entries { get; }

    public override string Kind => IsList ? "a list" : "a mapping";

    /// <summary>The entry of this key; of several, the first.</summary>
    public ConfigEntry? Find(string key) => _byKey.TryGetValue(key, out var index) ? Entries[index] : null;
}

/// <param name="Position">Where the key stands, or the item of a list.</param>
/// <param name="Key">The key; <c>[0]</c> in a list.</param>
/// <param name="Value">The value; shared when it is an alias.</param>
internal sealed record ConfigEntry(ConfigPosition Position, string Key, ConfigNode Value)
{
    public static string Index(int index) => string.Create(CultureInfo.InvariantCulture, $"[{index}]");
}
