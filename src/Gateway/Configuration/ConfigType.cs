using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gateway.Configuration;

/// <summary>What a configuration type looks like in the file: found by reflection, once for each type.</summary>
internal sealed class ConfigType
{
    private static readonly ConcurrentDictionary<Type, ConfigType> Types = new();

    private ConfigType(Type type)
    {
        Type = Nullable.GetUnderlyingType(type) ?? type;
        if (Type.IsGenericType && Type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            ItemType = Type.GetGenericArguments()[0];
        }
        else if (Type.IsGenericType && Type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
        {
            MapValueType = Type.GetGenericArguments()[1];
        }
        else if (!ConfigScalars.IsScalar(Type))
        {
            Properties = [.. Type.GetProperties().Where(p => p.CanWrite).Select(p => new ConfigProperty(p))];
            Shorthand = Type.GetCustomAttribute<ShorthandAttribute>() is { Property: var name }
                ? Properties.Single(p => string.Equals(p.Info.Name, name, StringComparison.Ordinal))
                : null;
        }
    }

    public Type Type { get; }

    /// <summary>Of a list, the type of its items.</summary>
    public Type? ItemType { get; }

    /// <summary>Of a mapping whose keys are the author's own names, the type of its values.</summary>
    public Type? MapValueType { get; }

    /// <summary>Of a record, its keys; null of anything else.</summary>
    public IReadOnlyList<ConfigProperty>? Properties { get; }

    /// <summary>The property that a plain value stands for.</summary>
    public ConfigProperty? Shorthand { get; }

    public static ConfigType Of(Type type) => Types.GetOrAdd(type, static t => new ConfigType(t));
}

/// <summary>One key of a record.</summary>
internal sealed class ConfigProperty
{
    public ConfigProperty(PropertyInfo info)
    {
        Info = info;
        Key = JsonNamingPolicy.SnakeCaseLower.ConvertName(info.Name);
        Required = info.IsDefined(typeof(RequiredAttribute));
        OrOne = info.IsDefined(typeof(OrOneAttribute));
        OrZero = info.IsDefined(typeof(OrZeroAttribute));
        Bounds = info.GetCustomAttribute<BoundsAttribute>();
        Pattern = info.GetCustomAttribute<PatternAttribute>();
        // Texts come from whoever writes the file; no expression here may take longer than linear time.
        Expression = Pattern is null ? null : new Regex(Pattern.Expression, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    }

    public PropertyInfo Info { get; }

    public string Key { get; }

    public bool Required { get; }

    /// <summary>Of a list, whether one item may stand in its place.</summary>
    public bool OrOne { get; }

    /// <summary>Of an amount of memory, whether it may be 0.</summary>
    public bool OrZero { get; }

    public BoundsAttribute? Bounds { get; }

    public PatternAttribute? Pattern { get; }

    public Regex? Expression { get; }
}
