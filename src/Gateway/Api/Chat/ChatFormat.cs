using System.Text.Json;
using Gateway.Llama.Chat;

namespace Gateway.Api.Chat;

/// <summary>OpenAI's <c>chat.completion</c> and <c>chat.completion.chunk</c>.</summary>
/// <param name="model">The model's public name.</param>
/// <param name="createdAt">Unix time in seconds.</param>
/// <param name="includeUsage">Whether a stream tells its usage.</param>
/// <param name="namesCall">Whether the request named the tool: then calling it is no news, and OpenAI's reason is <c>stop</c>.</param>
internal sealed class ChatFormat(string model, long createdAt, bool includeUsage, bool namesCall) : AnswerFormat(model, createdAt, "chatcmpl", includeUsage)
{
    public override bool HasFirstChunk => true;

    protected override string WholeObject => "chat.completion";

    protected override string ChunkObject => "chat.completion.chunk";

    protected override void WriteChoice(Utf8JsonWriter writer, Choice choice)
    {
        writer.WriteStartObject("message"u8);
        writer.WriteString("role"u8, "assistant"u8);
        writer.WriteString("content"u8, choice.HasContent || choice.Calls.Count == 0 ? choice.Content : null);
        writer.WriteNull("refusal"u8);
        if (choice.Reasoning is { Length: > 0 } reasoning)
        {
            writer.WriteString("reasoning_content"u8, reasoning);
        }

        if (choice.Calls.Count > 0)
        {
            writer.WriteStartArray("tool_calls"u8);
            foreach (var call in choice.Calls)
            {
                writer.WriteStartObject();
                WriteCall(writer, call.Id, call.Name, call.Arguments.ToString());
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    protected override void WriteFirstDelta(Utf8JsonWriter writer, ChoicePiece? next)
    {
        writer.WriteStartObject("delta"u8);
        writer.WriteString("role"u8, "assistant"u8);
        writer.WriteString("content"u8, next is { Kind: AnswerDeltaKind.Call } ? null : "");
        writer.WriteNull("refusal"u8);
        writer.WriteEndObject();
    }

    protected override void WriteDelta(Utf8JsonWriter writer, ChoicePiece piece)
    {
        writer.WriteStartObject("delta"u8);
        switch (piece.Kind)
        {
            case AnswerDeltaKind.Content:
                writer.WriteString("content"u8, piece.Text);
                break;
            case AnswerDeltaKind.Reasoning:
                writer.WriteString("reasoning_content"u8, piece.Text);
                break;
            default:
                writer.WriteStartArray("tool_calls"u8);
                writer.WriteStartObject();
                writer.WriteNumber("index"u8, piece.Call);
                WriteCallDelta(writer, piece);
                writer.WriteEndObject();
                writer.WriteEndArray();
                break;
        }

        writer.WriteEndObject();
    }

    protected override void WriteLastDelta(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("delta"u8);
        writer.WriteEndObject();
    }

    protected override void WriteLogprobs(Utf8JsonWriter writer, IReadOnlyList<TextToken> tokens)
    {
        if (tokens.Count == 0)
        {
            writer.WriteNull("logprobs"u8);
            return;
        }

        writer.WriteStartObject("logprobs"u8);
        writer.WriteStartArray("content"u8);
        foreach (var token in tokens)
        {
            writer.WriteStartObject();
            WriteToken(writer, token.Chosen);
            writer.WriteStartArray("top_logprobs"u8);
            foreach (var top in token.Top)
            {
                writer.WriteStartObject();
                WriteToken(writer, top);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNull("refusal"u8);
        writer.WriteEndObject();
    }

    protected override string FinishReasonOf(Choice choice) =>
        choice.FinishReason == Llama.FinishReason.Stop && choice.Calls.Count > 0 && !namesCall ? "tool_calls" : base.FinishReasonOf(choice);

    private static void WriteCallDelta(Utf8JsonWriter writer, ChoicePiece piece)
    {
        if (piece.Kind == AnswerDeltaKind.Call)
        {
            WriteCall(writer, piece.CallId!, piece.Text, "");
            return;
        }

        writer.WriteStartObject("function"u8);
        writer.WriteString("arguments"u8, piece.Text);
        writer.WriteEndObject();
    }

    private static void WriteCall(Utf8JsonWriter writer, string id, string name, string arguments)
    {
        writer.WriteString("id"u8, id);
        writer.WriteString("type"u8, "function"u8);
        writer.WriteStartObject("function"u8);
        writer.WriteString("name"u8, name);
        writer.WriteString("arguments"u8, arguments);
        writer.WriteEndObject();
    }

    private static void WriteToken(Utf8JsonWriter writer, ScoredToken token)
    {
        writer.WriteString("token"u8, token.Text);
        writer.WriteNumber("logprob"u8, token.FiniteLogprob);
        writer.WriteStartArray("bytes"u8);
        foreach (var value in token.Bytes)
        {
            writer.WriteNumberValue(value);
        }

        writer.WriteEndArray();
    }
}
