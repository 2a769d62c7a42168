using System.Buffers;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Api;
using Gateway.Exchanges;
using Gateway.Llama;

namespace Gateway.Engine;

/// <summary>Answers one exchange with generations of a local model: in one piece, or as a stream of events.</summary>
internal sealed class LocalAnswer(HttpContext context, Exchange exchange, LocalRequest request, IReadOnlyList<Generation> generations, TimeProvider time)
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly PipeWriter _output = context.Response.BodyWriter;

    /// <summary>What was used so far. A prompt counts once, however many answers to it were asked for.</summary>
    public Usage Usage => new(request.Prompts.Sum(p => p.Count), generations.Sum(g => g.CompletionTokens));

    /// <summary>Writes the whole answer as one JSON object.</summary>
    public async Task WriteWholeAsync()
    {
        var choices = new Choice[generations.Count];
        for (var index = 0; index < choices.Length; index++)
        {
            var text = new System.Text.StringBuilder(EchoOf(index));
            GenerationChunk chunk;
            do
            {
                chunk = await generations[index].ReadAsync(context.RequestAborted);
                exchange.MarkFirstToken(time);
                text.Append(chunk.Text);
            }
            while (!chunk.IsLast);

            choices[index] = new Choice(text.ToString(), generations[index].FinishReason!.Value);
        }

        if (WhyBrokenOff() is { } error)
        {
            await exchange.RefuseAsync(context, error);
            return;
        }

        context.Response.ContentType = "application/json";
        using (var writer = new Utf8JsonWriter(_output, WriterOptions))
        {
            request.Format.WriteWhole(writer, choices, Usage);
        }

        await _output.FlushAsync(context.RequestAborted);
    }

    /// <summary>Writes the answer as server-sent events, each choice as it comes.</summary>
    public async Task WriteStreamAsync()
    {
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";

        // nginx would collect the events otherwise.
        context.Response.Headers["X-Accel-Buffering"] = "no";

        using var writer = new Utf8JsonWriter(_output, WriterOptions);
        using var turn = new SemaphoreSlim(1);
        await Task.WhenAll(Enumerable.Range(0, generations.Count).Select(index => WriteChoiceAsync(index, writer, turn)));
        if (WhyBrokenOff() is { } error)
        {
            exchange.Fail(ExchangeOutcome.Error, error);
            _output.Write(ErrorResponse.ToEvent(error).Span);
        }
        else
        {
            if (request.Format.IncludeUsage)
            {
                WriteEvent(writer, w => request.Format.WriteUsageChunk(w, Usage));
            }

            _output.Write("data: [DONE]\n\n"u8);
        }

        await _output.FlushAsync(context.RequestAborted);
    }

    // By a fault, or by the end of the gateway: what there is of the answer is not one.
    private ApiError? WhyBrokenOff()
    {
        context.RequestAborted.ThrowIfCancellationRequested();
        return generations.Any(g => g.FinishReason == FinishReason.Error) ? ApiError.EngineFailed
            : generations.Any(g => g.FinishReason == FinishReason.Cancelled) ? ApiError.Stopping
            : null;
    }

    private async Task WriteChoiceAsync(int index, Utf8JsonWriter writer, SemaphoreSlim turn)
    {
        var generation = generations[index];
        var isFirst = true;
        GenerationChunk chunk;
        do
        {
            chunk = await generation.ReadAsync(context.RequestAborted);
            exchange.MarkFirstToken(time);
            await turn.WaitAsync(context.RequestAborted);
            try
            {
                WriteChunk(index, writer, chunk, isFirst, generation);
                isFirst = false;
                await _output.FlushAsync(context.RequestAborted);
            }
            finally
            {
                turn.Release();
            }
        }
        while (!chunk.IsLast);
    }

    private void WriteChunk(int index, Utf8JsonWriter writer, GenerationChunk chunk, bool isFirst, Generation generation)
    {
        var text = chunk.Text;
        if (isFirst)
        {
            if (request.Format.HasFirstChunk)
            {
                WriteEvent(writer, w => request.Format.WriteChunk(w, index, text: null, finishReason: null));
            }

            text = EchoOf(index) + text;
        }

        if (text.Length > 0)
        {
            WriteEvent(writer, w => request.Format.WriteChunk(w, index, text, finishReason: null));
        }

        if (chunk.IsLast && generation.FinishReason is FinishReason.Stop or FinishReason.Length)
        {
            WriteEvent(writer, w => request.Format.WriteChunk(w, index, text: null, generation.FinishReason));
        }
    }

    private void WriteEvent(Utf8JsonWriter writer, Action<Utf8JsonWriter> write)
    {
        _output.Write("data: "u8);
        writer.Reset(_output);
        write(writer);
        writer.Flush();
        _output.Write("\n\n"u8);
    }

    private string EchoOf(int index) => request.Echoes[index / request.Settings.Choices];
}
