using System.Collections;

namespace Gateway.Configuration;

/// <summary>
/// Nodes to records. Whatever is wrong goes into the report and a default takes its place, so that one reading finds everything.
/// </summary>
internal sealed class ConfigBinder(ConfigReport report, SecretReader secrets)
{
    private const string NoValue = "has no value; write one, or remove the key";

    public T Bind<T>(ConfigNode root)
        where T : class => (T)Bind(ConfigType.Of(typeof(T)), root, "", property: null)!;

    private object? Bind(ConfigType type, ConfigNode node, string key, ConfigProperty? property)
    {
        if (type.ItemType is not null)
        {
            return BindList(type.ItemType, node, key, property);
        }

        if (type.MapValueType is not null)
        {
            return BindMap(type.MapValueType, node, key);
        }

        return type.Properties is null ? BindScalar(type, node, key, property) : BindRecord(type, node, key);
    }

    private object BindRecord(ConfigType type, ConfigNode node, string key)
    {
        var record = Activator.CreateInstance(type.Type)!;
        switch (node)
        {
            case ConfigCollection { IsList: false } mapping:
                BindProperties(type.Properties!, mapping, record, key);
                break;
            case ConfigScalar { IsNull: false } when type.Shorthand is { } shorthand:
                BindProperty(shorthand, node, record, ConfigDocument.Join(key, shorthand.Key));
                break;
            case ConfigScalar when key.Length == 0:
                report.Unusable(key, "expected keys such as `models:`, found a plain value");
                break;
            default:
                var wanted = type.Shorthand is { } property ? $"a mapping, or the {property.Key} alone" : "a mapping";
                report.Unusable(key, $"expected {wanted}; found {node.Kind}");
                break;
        }

        return record;
    }

    private void BindProperties(IReadOnlyList<ConfigProperty> properties, ConfigCollection mapping, object record, string parent)
    {
        foreach (var property in properties)
        {
            var key = ConfigDocument.Join(parent, property.Key);
            if (mapping.Find(property.Key) is { } entry)
            {
                BindProperty(property, entry.Value, record, key);
            }
            else if (property.Required)
            {
                var type = ConfigType.Of(property.Info.PropertyType).Type;
                report.Unusable(key, type.IsEnum ? $"is missing; write {ConfigScalars.OneOf(type)}" : "is missing");
            }
        }

        foreach (var entry in UniqueEntries(mapping, parent))
        {
            if (!properties.Any(p => string.Equals(p.Key, entry.Key, StringComparison.Ordinal)))
            {
                report.Error(ConfigDocument.Join(parent, ConfigText.Clean(entry.Key)), Unknown(entry.Key, properties), entry.Position);
            }
        }
    }

    // The entries, of those with one key the first; the others are reported.
    private List<ConfigEntry> UniqueEntries(ConfigCollection mapping, string parent)
    {
        var first = new Dictionary<string, ConfigPosition>(StringComparer.Ordinal);
        var unique = new List<ConfigEntry>(mapping.Entries.Count);
        foreach (var entry in mapping.Entries)
        {
            if (first.TryAdd(entry.Key, entry.Position))
            {
                unique.Add(entry);
            }
            else
            {
                var key = ConfigDocument.Join(parent, ConfigText.Clean(entry.Key));
                report.Error(key, $"stands here for a second time, first on line {first[entry.Key].Line}; remove one", entry.Position);
            }
        }

        return unique;
    }

    private void BindProperty(ConfigProperty property, ConfigNode node, object record, string key)
    {
        if (node is ConfigScalar { IsNull: true })
        {
            // An empty `keys:` may be a list whose items were commented out, or a slip: only its author knows.
            report.Unusable(key, NoValue);
        }
        else if (Bind(ConfigType.Of(property.Info.PropertyType), node, key, property) is { } value)
        {
            property.Info.SetValue(record, value);
        }
    }

    private object? BindList(Type itemType, ConfigNode node, string key, ConfigProperty? property)
    {
        if (node is ConfigCollection { IsList: false } && property is { OrOne: true })
        {
            var one = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(itemType))!;
            one.Add(Bind(ConfigType.Of(itemType), node, key, property: null));
            return one;
        }

        if (node is not ConfigCollection { IsList: true } list)
        {
            report.Unusable(key, $"expected a list; found {node.Kind}");
            return null;
        }

        if (list.Entries.Count == 0 && property is { Required: true })
        {
            report.Unusable(key, "is empty; it needs at least one item");
        }

        var type = ConfigType.Of(itemType);
        var items = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(itemType))!;
        foreach (var entry in list.Entries)
        {
            // Something must stand for a bad item: the next one keeps its index, and with it its path.
            var item = Bind(type, entry.Value, ConfigDocument.Join(key, entry.Key), property: null);
            items.Add(item ?? (itemType == typeof(string) ? "" : Activator.CreateInstance(itemType)));
        }

        return items;
    }

    private object? BindMap(Type valueType, ConfigNode node, string key)
    {
        if (node is not ConfigCollection { IsList: false } mapping)
        {
            report.Unusable(key, $"expected a mapping; found {node.Kind}");
            return null;
        }

        var type = ConfigType.Of(valueType);
        var map = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), valueType), StringComparer.Ordinal)!;
        foreach (var entry in UniqueEntries(mapping, key))
        {
            var child = ConfigDocument.Join(key, ConfigText.Clean(entry.Key));
            if (entry.Value is ConfigScalar { IsNull: true })
            {
                report.Unusable(child, NoValue);
            }
            else if (Bind(type, entry.Value, child, property: null) is { } value)
            {
                map.Add(entry.Key, value);
            }
        }

        return map;
    }

    private object? BindScalar(ConfigType type, ConfigNode node, string key, ConfigProperty? property)
    {
        if (node is not ConfigScalar { IsNull: false } scalar)
        {
            report.Unusable(key, $"expected {Wanted(type.Type)}; found {node.Kind}");
            return null;
        }

        if (property is { OrZero: true } && scalar is { IsPlain: true, Text: "0" })
        {
            return default(ByteSize);
        }

        var (value, error) = type.Type == typeof(Secret) ? secrets.Read(scalar) : ConfigScalars.Read(type.Type, scalar);
        error ??= property switch
        {
            { Bounds: { } bounds } when !bounds.Contains(value!) => $"must be from {bounds.Least} to {bounds.Largest}",
            { Expression: { } expression } when !expression.IsMatch((string)value!) => $"must be {property.Pattern!.Words}",
            _ => null,
        };
        if (error is null)
        {
            return value;
        }

        report.Unusable(key, property is { OrZero: true } ? error + "; or 0, for none" : error);
        return null;
    }

    private static string Wanted(Type type) => type switch
    {
        { IsEnum: true } => ConfigScalars.OneOf(type),
        _ when type == typeof(int) => "a whole number",
        _ when type == typeof(double) || type == typeof(decimal) => "a number",
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(TimeSpan) => "a duration such as 10s",
        _ when type == typeof(ByteSize) => "an amount of memory such as 12GiB",
        _ when type == typeof(DateTimeOffset) => Moment.InWords,
        _ when type == typeof(Secret) => "${NAME} or file:PATH; in { } or [ ] with quotes",
        _ => "text",
    };

    private static string Unknown(string key, IReadOnlyList<ConfigProperty> properties)
    {
        if (key is "<<")
        {
            return "merge keys are not read; write the keys out, or give a whole value an anchor";
        }

        var keys = properties.Select(p => p.Key).ToArray();
        var meant = ConfigText.DidYouMean(key, keys);
        return meant.Length > 0 ? $"unknown key{meant}" : $"unknown key; the keys here are {string.Join(", ", keys.Select(ConfigText.Quote))}";
    }
}
