using System.Text.Json;
using Gateway.Exchanges;
using Gateway.Llama;

namespace Gateway.Api;

/// <summary>How what a local model made of texts is written: one shape an endpoint.</summary>
internal abstract class VectorFormat
{
    /// <summary>Writes the answer.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="inputs">For each text of the request, in its order, what its windows gave: one, unless the text was longer than the model takes.</param>
    /// <param name="usage">Tokens computed.</param>
    public abstract void Write(Utf8JsonWriter writer, IReadOnlyList<IReadOnlyList<WindowVector>> inputs, Usage usage);

    protected static void WriteUsage(Utf8JsonWriter writer, Usage usage)
    {
        writer.WriteStartObject("usage"u8);
        writer.WriteNumber("prompt_tokens"u8, usage.InputTokens);
        writer.WriteNumber("total_tokens"u8, usage.InputTokens);
        writer.WriteEndObject();
    }
}
