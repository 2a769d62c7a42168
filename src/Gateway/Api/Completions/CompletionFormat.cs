using System.Text.Json;

namespace Gateway.Api.Completions;

/// <summary>OpenAI's <c>text_completion</c>.</summary>
internal sealed class CompletionFormat(string model, long createdAt, bool includeUsage) : AnswerFormat(model, createdAt, "cmpl", includeUsage)
{
    public override bool HasFirstChunk => false;

    protected override string WholeObject => "text_completion";

    protected override string ChunkObject => "text_completion";

    protected override void WriteChoice(Utf8JsonWriter writer, Choice choice) => writer.WriteString("text"u8, choice.Text);

    protected override void WriteDelta(Utf8JsonWriter writer, string? text, bool isFirst) => writer.WriteString("text"u8, text ?? "");
}
