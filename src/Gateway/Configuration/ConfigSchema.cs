using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Gateway.Configuration;

/// <summary>
/// The file's shape as JSON Schema 2020-12, for editors. Made from the records, so it says what <see cref="ConfigBinder"/> does; what only
/// the validators know (that a deployment exists, that a key fits the kind) is not in it.
/// </summary>
internal static class ConfigSchema
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { MarkRequired } },
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The schema as indented JSON, with a line break at its end.</summary>
    public static string Create()
    {
        var schema = Options.GetJsonSchemaAsNode(typeof(GatewayConfig), new JsonSchemaExporterOptions
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = Transform,
        }).AsObject();
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", "gateway.yaml");
        return schema.ToJsonString(Options) + "\n";
    }

    private static void MarkRequired(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            property.IsRequired = property.AttributeProvider?.IsDefined(typeof(RequiredAttribute), inherit: false) ?? false;
        }
    }

    private static JsonObject Transform(JsonSchemaExporterContext context, JsonNode exported)
    {
        var type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        // The exporter knows these only as something with a converter or without properties.
        var schema = type switch
        {
            { IsEnum: true } => new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. ConfigWords.Of(type).Keys.Select(w => JsonValue.Create(w))]) },
            _ when type == typeof(TimeSpan) => new JsonObject { ["type"] = "string", ["pattern"] = Duration.Pattern },
            _ when type == typeof(ByteSize) => new JsonObject { ["type"] = "string", ["pattern"] = ByteSize.Pattern },
            _ when type == typeof(DateTimeOffset) => new JsonObject { ["type"] = "string", ["pattern"] = Moment.Pattern },
            _ when type == typeof(decimal) => new JsonObject { ["type"] = "number", ["minimum"] = 0, ["exclusiveMaximum"] = 1_000_000_000 },
            _ when type == typeof(Secret) => new JsonObject { ["type"] = "string", ["pattern"] = Secret.Pattern },
            _ => exported.AsObject(),
        };
        // A null is refused: a key without a value is a slip.
        if (schema["type"] is JsonArray types)
        {
            schema["type"] = types.First(t => t!.GetValue<string>() is not "null")!.DeepClone();
        }

        var member = context.PropertyInfo?.AttributeProvider ?? type;
        if (context.PropertyInfo is not null)
        {
            AddRules(schema, new ConfigProperty((PropertyInfo)member));
        }

        if (context.PropertyInfo is not null && new ConfigProperty((PropertyInfo)member).OrOne && schema["items"] is { } item)
        {
            schema = new JsonObject { ["anyOf"] = new JsonArray(item.DeepClone(), schema) };
        }

        if (ConfigType.Of(type) is { Shorthand: { } shorthand })
        {
            schema = new JsonObject { ["anyOf"] = new JsonArray(schema["properties"]![shorthand.Key]!.DeepClone(), schema) };
        }

        if (member.GetCustomAttributes(typeof(DescriptionAttribute), inherit: false) is [DescriptionAttribute { Description: var description }])
        {
            schema.Insert(0, "description", description);
        }

        return schema;
    }

    private static void AddRules(JsonObject schema, ConfigProperty property)
    {
        if (property.Pattern is { } pattern)
        {
            schema["pattern"] = pattern.Expression;
        }

        if (property.Bounds is { } bounds && int.TryParse(bounds.Least, CultureInfo.InvariantCulture, out var least))
        {
            schema["minimum"] = least;
            schema["maximum"] = int.Parse(bounds.Largest, CultureInfo.InvariantCulture);
        }

        if (property.OrZero)
        {
            // The pattern is for texts only, the least and largest value for numbers.
            schema["type"] = new JsonArray("string", "integer");
            schema["minimum"] = 0;
            schema["maximum"] = 0;
        }

        if (property.Required && ConfigType.Of(property.Info.PropertyType).ItemType is not null)
        {
            schema["minItems"] = 1;
        }
    }
}
