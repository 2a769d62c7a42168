using System.Buffers;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Api;
using Gateway.Exchanges;
using Gateway.Llama;

namespace Gateway.Engine;

/// <summary>Answers one exchange with generations of a local model: in one piece, or as a stream of events.</summary>
internal sealed class LocalAnswer(HttpContext context, Exchange exchange, LocalRequest request, LlamaEngine engine, IReadOnlyList<Generation> generations, TimeProvider time)
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly PipeWriter _output = context.Response.BodyWriter;

    private readonly ChoiceReader[] _readers =
        [.. generations.Select(g => new ChoiceReader(g, request.CreateParser(), engine, request.VisibleTokens))];

    /// <summary>What was used so far. A prompt counts once, however many answers to it were asked for, and not before one of them was begun.</summary>
    public Usage Usage => new(request.Prompts.Where(IsBegun).Sum(p => p.Count), generations.Sum(g => g.CompletionTokens))
    {
        ReasoningTokens = CountReasoning(),
        CachedTokens = request.Prompts.Select(CachedOf).Sum(),
    };

    /// <summary>Writes the whole answer as one JSON object.</summary>
    public async Task WriteWholeAsync()
    {
        for (var index = 0; index < _readers.Length; index++)
        {
            AddEcho(index);
            while (_readers[index].Choice.FinishReason is null)
            {
                await _readers[index].ReadAsync(context.RequestAborted);
                exchange.MarkFirstToken(time);
            }
        }

        if (WhyBrokenOff() is { } error)
        {
            await exchange.RefuseAsync(context, error);
            return;
        }

        context.Response.ContentType = "application/json";
        using (var writer = new Utf8JsonWriter(_output, WriterOptions))
        {
            request.Format.WriteWhole(writer, [.. _readers.Select(r => r.Choice)], Usage);
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
        await Task.WhenAll(Enumerable.Range(0, _readers.Length).Select(index => WriteChoiceAsync(index, writer, turn)));
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

    private bool IsBegun(IReadOnlyList<int> prompt, int index) =>
        generations.Skip(index * request.Settings.Choices).Take(request.Settings.Choices).Any(g => g.HasStarted);

    // Further answers to a prompt find what the first has read; of the prompt itself only what nobody had to read was cached.
    private int CachedOf(IReadOnlyList<int> prompt, int index) =>
        generations.Skip(index * request.Settings.Choices).Take(request.Settings.Choices).Where(g => g.HasStarted).Select(g => g.CachedTokens).DefaultIfEmpty().Min();

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
        var reader = _readers[index];
        var isFirst = true;
        while (reader.Choice.FinishReason is null)
        {
            var pieces = await reader.ReadAsync(context.RequestAborted);
            exchange.MarkFirstToken(time);
            if (pieces.Count == 0 && reader.Choice.FinishReason is null)
            {
                continue;
            }

            await turn.WaitAsync(context.RequestAborted);
            try
            {
                WritePieces(index, writer, pieces, isFirst);
                isFirst = false;
                await _output.FlushAsync(context.RequestAborted);
            }
            finally
            {
                turn.Release();
            }
        }
    }

    private void WritePieces(int index, Utf8JsonWriter writer, IReadOnlyList<ChoicePiece> pieces, bool isFirst)
    {
        if (isFirst && request.Format.HasFirstChunk)
        {
            WriteEvent(writer, w => request.Format.WriteFirstChunk(w, index, pieces.Count == 0 ? null : pieces[0]));
        }

        if (isFirst && AddEcho(index) is { } echo)
        {
            WriteEvent(writer, w => request.Format.WriteChunk(w, index, echo));
        }

        foreach (var piece in pieces)
        {
            WriteEvent(writer, w => request.Format.WriteChunk(w, index, piece));
        }

        var choice = _readers[index].Choice;
        if (choice.FinishReason is FinishReason.Stop or FinishReason.Length)
        {
            WriteEvent(writer, w => request.Format.WriteLastChunk(w, index, choice));
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

    // The prompt, where it was asked for in front of the answer.
    private ChoicePiece? AddEcho(int index)
    {
        var echo = request.Echoes[index / request.Settings.Choices];
        if (echo.Length == 0)
        {
            return null;
        }

        var piece = new ChoicePiece(Llama.Chat.AnswerDeltaKind.Content, echo, Call: 0, CallId: null, Tokens: []);
        _readers[index].Choice.Add(piece);
        return piece;
    }

    // The tokens that the text has, so that a stream and an answer in one piece tell the same.
    private int? CountReasoning()
    {
        var count = _readers.Sum(r => r.Choice.Reasoning is { Length: > 0 } text ? engine.Tokenize(text, addSpecial: false, parseSpecial: false).Length : 0);
        return count == 0 ? null : Math.Min(count, generations.Sum(g => g.CompletionTokens));
    }
}
