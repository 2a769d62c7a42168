using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Gateway.Exchanges;
using Gateway.Llama;
using Gateway.Llama.Vectors;

namespace Gateway.Api.Embeddings;

/// <summary>OpenAI's <c>CreateEmbeddingResponse</c>.</summary>
/// <param name="model">The model's public name.</param>
/// <param name="dimensions">Numbers of each vector.</param>
/// <param name="asBase64">Whether they are sent as base64 of little-endian 32-bit floats.</param>
internal sealed class EmbeddingFormat(string model, int dimensions, bool asBase64) : VectorFormat
{
    public override void Write(Utf8JsonWriter writer, IReadOnlyList<IReadOnlyList<WindowVector>> inputs, Usage usage)
    {
        writer.WriteStartObject();
        writer.WriteString("object"u8, "list"u8);
        writer.WriteStartArray("data"u8);
        for (var index = 0; index < inputs.Count; index++)
        {
            writer.WriteStartObject();
            writer.WriteString("object"u8, "embedding"u8);
            writer.WriteNumber("index"u8, index);
            writer.WritePropertyName("embedding"u8);
            WriteVector(writer, VectorMath.Shorten(VectorMath.Average(inputs[index]), dimensions));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("model"u8, model);
        WriteUsage(writer, usage);
        writer.WriteEndObject();
    }

    private void WriteVector(Utf8JsonWriter writer, float[] vector)
    {
        if (!asBase64)
        {
            writer.WriteStartArray();
            foreach (var number in vector)
            {
                writer.WriteNumberValue(number);
            }

            writer.WriteEndArray();
            return;
        }

        var length = vector.Length * sizeof(float);
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        for (var i = 0; i < vector.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), vector[i]);
        }

        writer.WriteBase64StringValue(bytes.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(bytes);
    }
}
