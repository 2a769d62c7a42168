using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Exchanges;

namespace Gateway.Api;

/// <summary>Writes errors in OpenAI's shape; nothing else in the gateway writes an error body.</summary>
internal static class ErrorResponse
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers with <paramref name="error"/>. The response must not have started.</summary>
    public static async Task WriteAsync(HttpContext context, ApiError error)
    {
        var response = context.Response;
        response.StatusCode = error.Status;
        response.ContentType = "application/json";
        response.ContentLength = null;
        if (error.RetryAfter is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (error.Status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        RequestIds.Stamp(context);
        var body = new ArrayBufferWriter<byte>();
        WriteJson(body, error);
        response.ContentLength = body.WrittenCount;
        await response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }

    /// <summary>
    /// The event that ends a stream which failed after it began: <c>data: {"error":...}</c>. OpenAI's clients raise it as an error.
    /// </summary>
    /// <param name="error">What went wrong.</param>
    /// <param name="newEvent">Whether an event before it has to be ended first.</param>
    public static ReadOnlyMemory<byte> ToEvent(ApiError error, bool newEvent = false)
    {
        var body = new ArrayBufferWriter<byte>();
        body.Write(newEvent ? "\ndata: "u8 : "data: "u8);
        WriteJson(body, error);
        body.Write("\n\n"u8);
        return body.WrittenMemory;
    }

    private static void WriteJson(IBufferWriter<byte> output, ApiError error)
    {
        using var writer = new Utf8JsonWriter(output, WriterOptions);
        writer.WriteStartObject();
        writer.WriteStartObject("error"u8);
        writer.WriteString("message"u8, error.Message);
        writer.WriteString("type"u8, error.Type);
        writer.WriteString("param"u8, error.Param);
        writer.WriteString("code"u8, error.Code);
        if (error.Deployments is { } deployments)
        {
            writer.WriteStartArray("deployments"u8);
            foreach (var (name, reasons) in deployments)
            {
                writer.WriteStartObject();
                writer.WriteString("name"u8, name);
                writer.WriteStartArray("reasons"u8);
                foreach (var reason in reasons)
                {
                    writer.WriteStringValue(reason);
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
