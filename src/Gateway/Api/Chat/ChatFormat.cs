using System.Text.Json;

namespace Gateway.Api.Chat;

/// <summary>OpenAI's <c>chat.completion</c> and <c>chat.completion.chunk</c>.</summary>
internal sealed class ChatFormat(string model, long createdAt, bool includeUsage) : AnswerFormat(model, createdAt, "chatcmpl", includeUsage)
{
    public override bool HasFirstChunk => true;

    protected override string WholeObject => "chat.completion";

    protected override string ChunkObject => "chat.completion.chunk";

    protected override void WriteChoice(Utf8JsonWriter writer, Choice choice)
    {
        writer.WriteStartObject("message"u8);
        writer.WriteString("role"u8, "assistant"u8);
        writer.WriteString("content"u8, choice.Text);
        writer.WriteNull("refusal"u8);
        writer.WriteEndObject();
    }

    protected override void WriteDelta(Utf8JsonWriter writer, string? text, bool isFirst)
    {
        writer.WriteStartObject("delta"u8);
        if (isFirst)
        {
            writer.WriteString("role"u8, "assistant"u8);
            writer.WriteString("content"u8, ""u8);
            writer.WriteNull("refusal"u8);
        }
        else if (text is not null)
        {
            writer.WriteString("content"u8, text);
        }

        writer.WriteEndObject();
    }
}
