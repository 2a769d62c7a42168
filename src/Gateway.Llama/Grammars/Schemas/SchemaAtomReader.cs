using System.Numerics;
using System.Text.Json;
using Gateway.Llama.Grammars.Automata;
using Gateway.Llama.Grammars.Patterns;

namespace Gateway.Llama.Grammars.Schemas;

/// <summary>Reads a schema's own keywords, and refuses by name what cannot be held.</summary>
internal sealed class SchemaAtomReader(SchemaDocument document)
{
    private const int MostCount = 1_000_000;
    private const int MostValues = 10_000;
    private const int MostProperties = 5_000;

    public SchemaAtom Read(SchemaPlace place)
    {
        var atom = new SchemaAtom(place);
        if (place.Element.ValueKind == JsonValueKind.Object)
        {
            foreach (var keyword in place.Element.EnumerateObject())
            {
                Read(atom, keyword.Name, keyword.Value);
            }

            CheckBounds(atom);
        }

        return atom;
    }

    private void Read(SchemaAtom atom, string keyword, JsonElement value)
    {
        var place = atom.Place;
        switch (keyword)
        {
            case "type":
                ReadTypes(atom, value);
                break;
            case "enum":
                atom.Values = Intersect(atom, [.. List(place, keyword, value, MostValues).EnumerateArray()]);
                break;
            case "const":
                atom.Values = Intersect(atom, [value]);
                break;
            case "$ref":
                atom.AllOf.Add(document.Resolve(place, Text(place, keyword, value)));
                break;
            case "allOf":
                Schemas(place, keyword, value, atom.AllOf);
                break;
            case "anyOf":
                Schemas(place, keyword, value, atom.AnyOf);
                break;
            case "oneOf":
                Schemas(place, keyword, value, atom.OneOf);
                break;
            case "minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum" or "multipleOf":
                ReadNumber(atom, keyword, value);
                break;
            case "minLength":
                atom.MinLength = Count(place, keyword, value);
                atom.Implied |= JsonTypes.String;
                break;
            case "maxLength":
                atom.MaxLength = Count(place, keyword, value);
                atom.Implied |= JsonTypes.String;
                break;
            case "pattern":
                ReadPattern(atom, Text(place, keyword, value));
                break;
            case "format":
                ReadFormat(atom, Text(place, keyword, value));
                break;
            case "prefixItems" or "items" or "additionalItems" or "minItems" or "maxItems":
                ReadItems(atom, keyword, value);
                break;
            case "properties" or "required" or "additionalProperties":
                ReadProperties(atom, keyword, value);
                break;
            case "uniqueItems" when value.ValueKind == JsonValueKind.False:
            case "minProperties" when IsZero(value):
            case "nullable" when value.ValueKind == JsonValueKind.False:
                break;
            case "propertyNames" when JsonValues.Canonical(value) is "true" or "{}" or "{\"type\":\"string\"}":
                atom.Implied |= JsonTypes.Object;
                break;
            default:
                if (!SchemaKeywords.IsAnnotation(keyword))
                {
                    throw new SchemaException(SchemaDocument.Step(place.Path, keyword), SchemaKeywords.Refusal(keyword), keyword);
                }

                break;
        }
    }

    private static void ReadTypes(SchemaAtom atom, JsonElement value)
    {
        var names = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : new[] { value };
        var types = JsonTypes.None;
        var integer = false;
        var number = false;
        foreach (var name in names)
        {
            var type = name.ValueKind == JsonValueKind.String ? name.GetString() : null;
            integer |= type == "integer";
            number |= type == "number";
            types |= type switch
            {
                "null" => JsonTypes.Null,
                "boolean" => JsonTypes.Boolean,
                "number" or "integer" => JsonTypes.Number,
                "string" => JsonTypes.String,
                "array" => JsonTypes.Array,
                "object" => JsonTypes.Object,
                _ => throw atom.Place.Malformed("type", "A type must be string, number, integer, boolean, null, object or array, or a list of these."),
            };
        }

        atom.Types = types != JsonTypes.None ? types : throw atom.Place.Malformed("type", "The list of types is empty.");
        atom.Numbers = atom.Numbers with { Integer = integer && !number };
    }

    private static void ReadNumber(SchemaAtom atom, string keyword, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number)
        {
            throw atom.Place.Malformed(keyword, "It must be a number.");
        }

        if (!ExactNumber.TryParse(value.GetRawText(), out var number))
        {
            throw atom.Place.Error(keyword, "The number has too many digits.");
        }

        if (keyword == "multipleOf" && number.Mantissa.Sign <= 0)
        {
            throw atom.Place.Malformed(keyword, "It must be more than 0.");
        }

        atom.Implied |= JsonTypes.Number;
        atom.Numbers = atom.Numbers.And(keyword switch
        {
            "minimum" => new NumberRange { Least = number },
            "maximum" => new NumberRange { Most = number },
            "exclusiveMinimum" => new NumberRange { Least = number, LeastExcluded = true },
            "exclusiveMaximum" => new NumberRange { Most = number, MostExcluded = true },
            _ => new NumberRange { MultiplesOf = [number] },
        });
    }

    private static void ReadPattern(SchemaAtom atom, string pattern)
    {
        try
        {
            atom.Texts.Add(Dfa.From(PatternParser.Parse(pattern), anywhere: true));
            atom.Implied |= JsonTypes.String;
        }
        catch (PatternException exception)
        {
            throw atom.Place.Error("pattern", exception.Message);
        }
        catch (AutomatonLimitException)
        {
            throw atom.Place.Error("pattern", "The pattern needs too many states: fewer or smaller repetitions are needed.");
        }

        if (atom.Texts[^1].IsEmpty)
        {
            throw atom.Place.Error("pattern", "No text matches the pattern.");
        }
    }

    private static void ReadFormat(SchemaAtom atom, string format)
    {
        switch (format)
        {
            // Of OpenAPI. Those of numbers that no JSON number can break demand nothing.
            case "float" or "double":
                return;
            case "int32" or "uint32" or "int64" or "uint64":
                (BigInteger Least, BigInteger Most) bounds = format switch
                {
                    "int32" => (int.MinValue, int.MaxValue),
                    "uint32" => (uint.MinValue, uint.MaxValue),
                    "int64" => (long.MinValue, long.MaxValue),
                    _ => (ulong.MinValue, ulong.MaxValue),
                };
                atom.Numbers = atom.Numbers.And(new NumberRange { Least = new ExactNumber(bounds.Least, 0), Most = new ExactNumber(bounds.Most, 0) });
                return;
        }

        atom.Texts.Add(StringFormats.Find(format)
            ?? throw atom.Place.Error("format", $"The format is not one that can be held: {StringFormats.Names}."));
        atom.Implied |= JsonTypes.String;
    }

    private void ReadItems(SchemaAtom atom, string keyword, JsonElement value)
    {
        var place = atom.Place;
        atom.Implied |= JsonTypes.Array;
        switch (keyword)
        {
            case "minItems":
                atom.MinItems = Count(place, keyword, value);
                break;
            case "maxItems":
                atom.MaxItems = Count(place, keyword, value);
                break;
            case "prefixItems":
                Schemas(place, keyword, value, atom.FirstItems);
                break;
            case "items" when value.ValueKind == JsonValueKind.Array:
                // As before 2020: the first items one by one, and "additionalItems" for the rest.
                if (value.GetArrayLength() > 0)
                {
                    Schemas(place, keyword, value, atom.FirstItems);
                }

                break;
            case "items":
                atom.Items = document.Child(place, keyword, value);
                break;
            default:
                if (place.Element.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Array)
                {
                    atom.Items = document.Child(place, keyword, value);
                }

                break;
        }
    }

    private void ReadProperties(SchemaAtom atom, string keyword, JsonElement value)
    {
        var place = atom.Place;
        atom.Implied |= JsonTypes.Object;
        switch (keyword)
        {
            case "additionalProperties":
                atom.Additional = document.Child(place, keyword, value);
                break;
            case "required":
                foreach (var name in (value.ValueKind == JsonValueKind.Array ? value : throw place.Malformed(keyword, "It must be a list of names.")).EnumerateArray())
                {
                    atom.Required.Add(name.ValueKind == JsonValueKind.String ? name.GetString()! : throw place.Malformed(keyword, "It must be a list of names."));
                }

                break;
            default:
                if (value.ValueKind != JsonValueKind.Object)
                {
                    throw place.Malformed(keyword, "It must be an object.");
                }

                foreach (var property in value.EnumerateObject())
                {
                    atom.Properties.Add(new(property.Name, document.Child(place, keyword, property.Name, property.Value)));
                }

                break;
        }

        if (atom.Properties.Count > MostProperties || atom.Required.Count > MostProperties)
        {
            throw place.Error(keyword, $"There are more than {MostProperties} of them.");
        }
    }

    private static void CheckBounds(SchemaAtom atom)
    {
        var place = atom.Place;
        if (atom.MinLength > atom.MaxLength)
        {
            throw place.Error("minLength", "It is more than maxLength: no text is valid.");
        }

        if (atom.MinItems > atom.MaxItems)
        {
            throw place.Error("minItems", "It is more than maxItems: no array is valid.");
        }

        if (atom.Numbers is { Least: { } least, Most: { } most } numbers
            && least.ComparedTo(most) is var order
            && (order > 0 || (order == 0 && (numbers.LeastExcluded || numbers.MostExcluded))))
        {
            throw place.Error(numbers.LeastExcluded ? "exclusiveMinimum" : "minimum", "It is more than the maximum: no number is valid.");
        }
    }

    private static JsonElement[] Intersect(SchemaAtom atom, JsonElement[] values)
    {
        if (atom.Values is null)
        {
            return values;
        }

        var others = atom.Values.Select(JsonValues.Canonical).ToHashSet(StringComparer.Ordinal);
        return [.. values.Where(value => others.Contains(JsonValues.Canonical(value)))];
    }

    private void Schemas(SchemaPlace place, string keyword, JsonElement value, List<SchemaPlace> to)
    {
        var index = 0;
        foreach (var schema in List(place, keyword, value, MostValues).EnumerateArray())
        {
            to.Add(document.Child(place, keyword, index++, schema));
        }
    }

    private static JsonElement List(SchemaPlace place, string keyword, JsonElement value, int most) =>
        value.ValueKind != JsonValueKind.Array ? throw place.Malformed(keyword, "It must be a list.")
        : value.GetArrayLength() == 0 ? throw place.Error(keyword, "The list is empty: no value is valid.")
        : value.GetArrayLength() > most ? throw place.Error(keyword, $"The list has more than {most} entries.")
        : value;

    private static string Text(SchemaPlace place, string keyword, JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw place.Malformed(keyword, "It must be a string.");

    private static int Count(SchemaPlace place, string keyword, JsonElement value) =>
        value.ValueKind != JsonValueKind.Number || !ExactNumber.TryParse(value.GetRawText(), out var number) || !number.IsInteger || number.Mantissa.Sign < 0
            ? throw place.Malformed(keyword, "It must be an integer of 0 or more.")
        : number.ComparedTo(new ExactNumber(MostCount, 0)) > 0 ? throw place.Error(keyword, $"More than {MostCount} cannot be held.")
        : (int)number.Floor(0);

    private static bool IsZero(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && ExactNumber.TryParse(value.GetRawText(), out var number) && number.Mantissa.IsZero;
}
