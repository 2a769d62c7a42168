using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Gateway.Llama.Grammars.Schemas;

/// <summary>A schema at its place.</summary>
/// <param name="Id">Number of the place in its document.</param>
/// <param name="Pointer">JSON pointer of the place.</param>
/// <param name="Path">The place as errors tell it.</param>
/// <param name="Element">True, false, or an object.</param>
internal sealed record SchemaPlace(int Id, string Pointer, string Path, JsonElement Element)
{
    public SchemaException Error(string keyword, string message) => new($"{Path}.{keyword}", message, keyword);

    /// <summary>The keyword's value is one that JSON Schema does not know.</summary>
    public SchemaException Malformed(string keyword, string message) => new($"{Path}.{keyword}", message, keyword, isMalformed: true);
}

/// <summary>Finds the schemas in a document, each place once.</summary>
internal sealed class SchemaDocument
{
    private const int MostValues = 100_000;
    private const int MostLevels = 128;
    private const int LongestName = 64;

    private readonly Dictionary<string, SchemaPlace> _places = new(StringComparer.Ordinal);
    private readonly List<SchemaPlace> _list = [];
    private int _values;

    public SchemaDocument(JsonElement root, string path)
    {
        CheckText(root, path, 0);
        Root = Place("", path, root);
    }

    public SchemaPlace Root { get; }

    public SchemaPlace this[int id] => _list[id];

    /// <summary>A schema that is a keyword's value.</summary>
    public SchemaPlace Child(SchemaPlace parent, string keyword, JsonElement element) =>
        Place($"{parent.Pointer}/{Escape(keyword)}", Step(parent.Path, keyword), element);

    /// <summary>A schema in a keyword's list.</summary>
    public SchemaPlace Child(SchemaPlace parent, string keyword, int index, JsonElement element) =>
        Place(string.Create(CultureInfo.InvariantCulture, $"{parent.Pointer}/{Escape(keyword)}/{index}"), string.Create(CultureInfo.InvariantCulture, $"{Step(parent.Path, keyword)}[{index}]"), element);

    /// <summary>A schema under a name in a keyword's object.</summary>
    public SchemaPlace Child(SchemaPlace parent, string keyword, string name, JsonElement element) =>
        Place($"{parent.Pointer}/{Escape(keyword)}/{Escape(name)}", Step(Step(parent.Path, keyword), name), element);

    /// <summary>What a "$ref" refers to.</summary>
    /// <exception cref="SchemaException">It is not in the document.</exception>
    public SchemaPlace Resolve(SchemaPlace from, string reference)
    {
        if (reference is "" or "#")
        {
            return Root;
        }

        if (!reference.StartsWith("#/", StringComparison.Ordinal))
        {
            throw from.Error("$ref", "Only references into the schema itself can be followed, such as \"#/$defs/name\".");
        }

        var (pointer, path, element) = ("", Root.Path, Root.Element);
        foreach (var part in reference[2..].Split('/'))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            JsonElement next = default;
            var found = element.ValueKind == JsonValueKind.Object ? element.TryGetProperty(name, out next)
                : element.ValueKind == JsonValueKind.Array
                    && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                    && index < element.GetArrayLength()
                    && (next = element[index]).ValueKind != JsonValueKind.Undefined;
            if (!found)
            {
                throw from.Malformed("$ref", $"The schema has no '{Shorten(reference)}'.");
            }

            pointer = $"{pointer}/{Escape(name)}";
            path = element.ValueKind == JsonValueKind.Array ? $"{path}[{name}]" : Step(path, name);
            element = next;
        }

        return Place(pointer, path, element);
    }

    /// <summary>The path of a name below another path.</summary>
    public static string Step(string path, string name) =>
        name.Length is > 0 and <= LongestName && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '$' or '-')
            ? $"{path}.{name}"
            : $"{path}[\"{Shorten(name)}\"]";

    private static string Shorten(string name)
    {
        var text = new StringBuilder();
        foreach (var rune in name.EnumerateRunes().Take(LongestName))
        {
            text.Append(Rune.IsControl(rune) ? "?" : rune.ToString());
        }

        return text.Append(name.Length > LongestName ? "..." : "").ToString();
    }

    private static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private SchemaPlace Place(string pointer, string path, JsonElement element)
    {
        if (element.ValueKind is not (JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False))
        {
            throw new SchemaException(path, "A schema must be an object, or true or false.", null, isMalformed: true);
        }

        if (!_places.TryGetValue(pointer, out var place))
        {
            _places.Add(pointer, place = new SchemaPlace(_list.Count, pointer, path, element));
            _list.Add(place);
        }

        return place;
    }

    /// <summary>Bounds the whole, and makes sure that every string in it is one.</summary>
    private void CheckText(JsonElement element, string path, int level)
    {
        if (++_values > MostValues)
        {
            throw new SchemaException(Root?.Path ?? path, $"The schema has more than {MostValues} values.", null);
        }

        if (level > MostLevels)
        {
            throw new SchemaException(path, $"The schema is more than {MostLevels} levels deep.", null);
        }

        try
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.String:
                    element.GetString();
                    break;
                case JsonValueKind.Array:
                    foreach (var item in element.EnumerateArray())
                    {
                        CheckText(item, path, level + 1);
                    }

                    break;
                case JsonValueKind.Object:
                    var names = new HashSet<string>(StringComparer.Ordinal);
                    foreach (var property in element.EnumerateObject())
                    {
                        if (!names.Add(property.Name))
                        {
                            throw new SchemaException(Step(path, property.Name), "The key is there twice.", null);
                        }

                        CheckText(property.Value, Step(path, property.Name), level + 1);
                    }

                    break;
            }
        }
        catch (InvalidOperationException)
        {
            throw new SchemaException(path, "A text holds half a surrogate pair.", null);
        }
    }
}
