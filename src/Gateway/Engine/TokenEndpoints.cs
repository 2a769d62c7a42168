using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Gateway.Api;
using Gateway.Api.Chat;
using Gateway.Api.Tokens;
using Gateway.Engine.Workers;
using Gateway.Exchanges;
using Gateway.Llama;
using Gateway.Tenants;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Engine;

/// <summary>
/// <c>/tokenize</c> and <c>/detokenize</c> of models in this process, in the shapes of llama-server and of vLLM. They compute nothing, so
/// they are no exchanges: nothing is reserved, forwarded or recorded.
/// </summary>
internal static class TokenEndpoints
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static void MapTokens(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost("/tokenize", context => AnswerAsync(context, TokenizeAsync)).WithMetadata(new ScopedAttribute("tokenize"));
        endpoints.MapPost("/detokenize", context => AnswerAsync(context, DetokenizeAsync)).WithMetadata(new ScopedAttribute("detokenize"));
    }

    private static async Task AnswerAsync(HttpContext context, Func<HttpContext, JsonElement, Task<ApiError?>> answer)
    {
        var body = await RequestBody.ReadAsync(context, context.Features.GetRequiredFeature<Caller>().Gateway.BodyLimit);
        var error = body.Error;
        if (body.Buffer is not null)
        {
            error = await AnswerAsync(context, body.Buffer, body.Length, answer);
        }

        if (error is not null)
        {
            await ErrorResponse.WriteAsync(context, error);
        }
    }

    private static async Task<ApiError?> AnswerAsync(HttpContext context, byte[] buffer, int length, Func<HttpContext, JsonElement, Task<ApiError?>> answer)
    {
        using var envelope = RequestEnvelopeReader.Read(buffer, length, out var error, needsModel: false);
        if (envelope is null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return error;
        }

        using var document = RequestFields.Parse(envelope.Body, out error);
        return document is null ? error : await answer(context, document.RootElement);
    }

    // Here, or in the process that the model is in.
    private static async Task<ApiError?> AskAsync(
        HttpContext context, string? model, WorkerOperation operation, JsonElement body, Func<InProcessEngine, Task<ApiError?>> here)
    {
        var (lease, refusal) = await TokenModel.FindAsync(context, model);
        using var held = lease;
        return lease?.Loaded switch
        {
            null => refusal,
            WorkerEngine worker => await worker.ForwardAsync(context, operation, body, model),
            var engine => await here((InProcessEngine)engine),
        };
    }

    private static async Task<ApiError?> TokenizeAsync(HttpContext context, JsonElement body) =>
        TokenizeRequest.Read(body, out var error) is { } request
            ? await AskAsync(context, request.Model, WorkerOperation.Tokenize, body, engine => TokenizeAsync(context, request, engine))
            : error;

    /// <summary>Answers for a model in this process, or tells why not.</summary>
    internal static async Task<ApiError?> TokenizeAsync(HttpContext context, TokenizeRequest request, InProcessEngine engine)
    {
        if (request.Content is { } content)
        {
            var tokens = engine.Engine.Tokenize(content, request.AddSpecial ?? false, request.ParseSpecial);
            await WriteAsync(context, writer => WriteTokens(writer, engine.Engine, tokens, request.WithPieces));
            return null;
        }

        int[] ids;
        if (request.Chat.Count > 0)
        {
            // As a chat is tokenised here, so that the count is the chat's prompt_tokens.
            using var chatBody = JsonSerializer.SerializeToDocument(request.Chat);
            if (ChatRequest.Read(chatBody.RootElement, out var error) is not { } chat || LocalChat.Render(chat, engine.Template, out error) is not { } prompt)
            {
                return error;
            }

            ids = engine.Engine.Tokenize(prompt.Text, request.AddSpecial ?? true);
        }
        else
        {
            ids = engine.Engine.Tokenize(request.Prompt!, request.AddSpecial ?? true, parseSpecial: true);
        }

        await WriteAsync(context, writer => WriteCount(writer, engine.Engine, ids, request.WithTexts));
        return null;
    }

    private static async Task<ApiError?> DetokenizeAsync(HttpContext context, JsonElement body) =>
        DetokenizeRequest.Read(body, out var error) is { } request
            ? await AskAsync(context, request.Model, WorkerOperation.Detokenize, body, engine => DetokenizeAsync(context, request, engine))
            : error;

    /// <inheritdoc cref="TokenizeAsync(HttpContext, TokenizeRequest, InProcessEngine)"/>
    internal static async Task<ApiError?> DetokenizeAsync(HttpContext context, DetokenizeRequest request, InProcessEngine engine)
    {
        if (TokenCheck.Ids(request.Tokens!, "tokens", engine.Engine.Info) is { } unknown)
        {
            return unknown;
        }

        // Token for token as llama-server does it: nothing is tidied up at the borders, special tokens are written out.
        var bytes = new ArrayBufferWriter<byte>();
        foreach (var token in request.Tokens!)
        {
            bytes.Write(engine.Engine.TokenToBytes(token));
        }

        var text = Encoding.UTF8.GetString(bytes.WrittenSpan);
        await WriteAsync(context, writer =>
        {
            // llama-server's name of it, and vLLM's.
            writer.WriteStartObject();
            writer.WriteString("content"u8, text);
            writer.WriteString("prompt"u8, text);
            writer.WriteEndObject();
        });
        return null;
    }

    private static void WriteTokens(Utf8JsonWriter writer, LlamaEngine engine, int[] tokens, bool withPieces)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("tokens"u8);
        foreach (var token in tokens)
        {
            if (withPieces)
            {
                WritePiece(writer, token, engine.TokenToBytes(token));
            }
            else
            {
                writer.WriteNumberValue(token);
            }
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    // A part of a character is no text: llama-server then gives its bytes.
    private static void WritePiece(Utf8JsonWriter writer, int token, byte[] piece)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id"u8, token);
        if (Utf8.IsValid(piece))
        {
            writer.WriteString("piece"u8, piece);
        }
        else
        {
            writer.WriteStartArray("piece"u8);
            foreach (var value in piece)
            {
                writer.WriteNumberValue(value);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteCount(Utf8JsonWriter writer, LlamaEngine engine, int[] tokens, bool withTexts)
    {
        writer.WriteStartObject();
        writer.WriteNumber("count"u8, tokens.Length);
        writer.WriteNumber("max_model_len"u8, engine.Info.ContextLength);
        writer.WriteStartArray("tokens"u8);
        foreach (var token in tokens)
        {
            writer.WriteNumberValue(token);
        }

        writer.WriteEndArray();
        if (withTexts)
        {
            writer.WriteStartArray("token_strs"u8);
            foreach (var token in tokens)
            {
                writer.WriteStringValue(engine.TokenText(token));
            }

            writer.WriteEndArray();
        }
        else
        {
            writer.WriteNull("token_strs"u8);
        }

        writer.WriteEndObject();
    }

    private static async Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        context.Response.ContentType = "application/json";
        await using (var writer = new Utf8JsonWriter(context.Response.BodyWriter, WriterOptions))
        {
            write(writer);
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
