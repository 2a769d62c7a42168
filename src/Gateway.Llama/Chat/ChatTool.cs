using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Llama.Chat;

/// <summary>A function that the model may call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Definition">The caller's definition: <c>{"type":"function","function":{...}}</c>.</param>
/// <param name="Parameters">JSON Schema of its arguments; null where it takes none.</param>
/// <param name="Strict">Whether the arguments of a call must satisfy the schema.</param>
/// <param name="Path">Where the parameters stand in the request, for errors: <c>tools[0].function.parameters</c>.</param>
public sealed record ChatTool(string Name, JsonElement Definition, JsonElement? Parameters, bool Strict, string Path)
{
    /// <summary>Writes the definition with all that templates expect: a description, and parameters where it takes none.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="functionOnly">Whether only the function itself is written.</param>
    internal void WriteTo(Utf8JsonWriter writer, bool functionOnly = false)
    {
        if (!functionOnly)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "function"u8);
            writer.WritePropertyName("function"u8);
        }

        writer.WriteStartObject();
        writer.WriteString("name"u8, Name);
        var function = Definition.GetProperty("function"u8);
        writer.WritePropertyName("description"u8);
        Write(writer, function.TryGetProperty("description"u8, out var description) && description.ValueKind == JsonValueKind.String ? description.GetRawText() : "\"\"");
        writer.WritePropertyName("parameters"u8);
        Write(writer, Parameters?.GetRawText() ?? """{"type": "object", "properties": {}}""");
        writer.WriteEndObject();
        if (!functionOnly)
        {
            writer.WriteEndObject();
        }
    }

    // As text, so that numbers stay as they were written.
    private static void Write(Utf8JsonWriter writer, string json) => writer.WriteRawValue(json, skipInputValidation: true);

    /// <summary>The definition as text, on one line.</summary>
    internal string ToText(bool functionOnly = false)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }))
        {
            WriteTo(writer, functionOnly);
        }

        return Encoding.UTF8.GetString(json.WrittenSpan);
    }
}
