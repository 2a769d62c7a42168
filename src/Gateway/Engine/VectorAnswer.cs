using System.Text.Json;
using Gateway.Api;
using Gateway.Exchanges;
using Gateway.Llama;

namespace Gateway.Engine;

/// <summary>Answers one exchange with vectors of a local model.</summary>
internal sealed class VectorAnswer(HttpContext context, Exchange exchange, VectorRequest request, TimeProvider time)
{
    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    public async Task WriteAsync(VectorResult result)
    {
        // A client that left has used what was computed for it until then; one that is told of a failure has used nothing.
        exchange.Usage = result.Reason == FinishReason.Stop ? request.Usage
            : result.ComputedTokens > 0 && context.RequestAborted.IsCancellationRequested ? new Usage(result.ComputedTokens, 0)
            : null;
        context.RequestAborted.ThrowIfCancellationRequested();
        if (result.Reason != FinishReason.Stop)
        {
            await exchange.RefuseAsync(context, result.Reason == FinishReason.Error ? ApiError.EngineFailed : ApiError.Stopping);
            return;
        }

        exchange.MarkFirstToken(time);
        context.Response.ContentType = "application/json";
        await using (var writer = new Utf8JsonWriter(context.Response.BodyWriter, WriterOptions))
        {
            request.Format.Write(writer, ByInput(result.Vectors), request.Usage);
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private List<IReadOnlyList<WindowVector>> ByInput(IReadOnlyList<float[]> vectors)
    {
        var next = 0;
        return [.. request.Inputs.Select(windows => (IReadOnlyList<WindowVector>)[.. windows.Select(w => new WindowVector(vectors[next++], w.Length))])];
    }
}
