using System.Text.Json;

namespace Gateway.Api.Completions;

/// <summary>OpenAI's <c>text_completion</c>.</summary>
internal sealed class CompletionFormat(string model, long createdAt, bool includeUsage) : AnswerFormat(model, createdAt, "cmpl", includeUsage)
{
    public override bool HasFirstChunk => false;

    protected override string WholeObject => "text_completion";

    protected override string ChunkObject => "text_completion";

    protected override void WriteChoice(Utf8JsonWriter writer, Choice choice) => writer.WriteString("text"u8, choice.Content);

    protected override void WriteFirstDelta(Utf8JsonWriter writer, ChoicePiece? next) => WriteLastDelta(writer);

    protected override void WriteDelta(Utf8JsonWriter writer, ChoicePiece piece) => writer.WriteString("text"u8, piece.Text);

    protected override void WriteLastDelta(Utf8JsonWriter writer) => writer.WriteString("text"u8, ""u8);

    protected override void WriteLogprobs(Utf8JsonWriter writer, IReadOnlyList<TextToken> tokens)
    {
        if (tokens.Count == 0)
        {
            writer.WriteNull("logprobs"u8);
            return;
        }

        writer.WriteStartObject("logprobs"u8);
        WriteArray(writer, "tokens", tokens, (w, t) => w.WriteStringValue(t.Chosen.Text));
        WriteArray(writer, "token_logprobs", tokens, (w, t) => w.WriteNumberValue(t.Chosen.FiniteLogprob));
        WriteArray(writer, "top_logprobs", tokens, WriteTop);
        WriteArray(writer, "text_offset", tokens, (w, t) => w.WriteNumberValue(t.Start));
        writer.WriteEndObject();
    }

    // The likeliest ones, and the one that was drawn.
    private static void WriteTop(Utf8JsonWriter writer, TextToken token)
    {
        writer.WriteStartObject();
        foreach (var top in token.Top.Append(token.Chosen).DistinctBy(t => t.Text))
        {
            writer.WriteNumber(top.Text, top.FiniteLogprob);
        }

        writer.WriteEndObject();
    }

    private static void WriteArray(Utf8JsonWriter writer, string name, IReadOnlyList<TextToken> tokens, Action<Utf8JsonWriter, TextToken> write)
    {
        writer.WriteStartArray(name);
        foreach (var token in tokens)
        {
            write(writer, token);
        }

        writer.WriteEndArray();
    }
}
