using System.Text.Json;
using Gateway.Exchanges;

namespace Gateway.Api;

/// <summary>How the answer of a local model is written: one shape an endpoint, as OpenAI's API reference gives it.</summary>
internal abstract class AnswerFormat(string model, long createdAt, string idPrefix, bool includeUsage)
{
    private readonly string _id = $"{idPrefix}-{Guid.NewGuid():N}";

    /// <summary>Whether a stream ends with a chunk that tells the usage.</summary>
    public bool IncludeUsage { get; } = includeUsage;

    /// <summary>Whether a choice begins with a chunk of its own, before any text.</summary>
    public abstract bool HasFirstChunk { get; }

    protected abstract string WholeObject { get; }

    protected abstract string ChunkObject { get; }

    /// <summary>The answer in one piece.</summary>
    public void WriteWhole(Utf8JsonWriter writer, IReadOnlyList<Choice> choices, Usage usage)
    {
        WriteHead(writer, WholeObject);
        writer.WriteStartArray("choices"u8);
        for (var index = 0; index < choices.Count; index++)
        {
            writer.WriteStartObject();
            writer.WriteNumber("index"u8, index);
            WriteChoice(writer, choices[index]);
            WriteLogprobs(writer, choices[index].Tokens);
            writer.WriteString("finish_reason"u8, FinishReasonOf(choices[index]));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteUsage(writer, usage);
        writer.WriteEndObject();
    }

    /// <summary>The chunk that a choice begins with.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="index">Which choice.</param>
    /// <param name="next">What it begins with; null where it is empty.</param>
    public void WriteFirstChunk(Utf8JsonWriter writer, int index, ChoicePiece? next) =>
        WriteChunk(writer, index, w => WriteFirstDelta(w, next), tokens: [], finishReason: null);

    /// <summary>A chunk with the next piece of a choice.</summary>
    public void WriteChunk(Utf8JsonWriter writer, int index, ChoicePiece piece) =>
        WriteChunk(writer, index, w => WriteDelta(w, piece), piece.Tokens, finishReason: null);

    /// <summary>The chunk that a choice ends with.</summary>
    public void WriteLastChunk(Utf8JsonWriter writer, int index, Choice choice) =>
        WriteChunk(writer, index, WriteLastDelta, tokens: [], FinishReasonOf(choice));

    /// <summary>The chunk that tells the usage.</summary>
    public void WriteUsageChunk(Utf8JsonWriter writer, Usage usage)
    {
        WriteHead(writer, ChunkObject);
        writer.WriteStartArray("choices"u8);
        writer.WriteEndArray();
        WriteUsage(writer, usage);
        writer.WriteEndObject();
    }

    protected abstract void WriteChoice(Utf8JsonWriter writer, Choice choice);

    protected abstract void WriteFirstDelta(Utf8JsonWriter writer, ChoicePiece? next);

    protected abstract void WriteDelta(Utf8JsonWriter writer, ChoicePiece piece);

    protected abstract void WriteLastDelta(Utf8JsonWriter writer);

    /// <summary>Writes <c>logprobs</c>; null where there are none.</summary>
    protected abstract void WriteLogprobs(Utf8JsonWriter writer, IReadOnlyList<TextToken> tokens);

    protected virtual string FinishReasonOf(Choice choice) => choice.FinishReason == Llama.FinishReason.Length ? "length" : "stop";

    private void WriteChunk(Utf8JsonWriter writer, int index, Action<Utf8JsonWriter> writeDelta, IReadOnlyList<TextToken> tokens, string? finishReason)
    {
        WriteHead(writer, ChunkObject);
        writer.WriteStartArray("choices"u8);
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, index);
        writeDelta(writer);
        WriteLogprobs(writer, tokens);
        writer.WriteString("finish_reason"u8, finishReason);
        writer.WriteEndObject();
        writer.WriteEndArray();
        if (IncludeUsage)
        {
            writer.WriteNull("usage"u8);
        }

        writer.WriteEndObject();
    }

    private void WriteHead(Utf8JsonWriter writer, string kind)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, _id);
        writer.WriteString("object"u8, kind);
        writer.WriteNumber("created"u8, createdAt);
        writer.WriteString("model"u8, model);
    }

    private static void WriteUsage(Utf8JsonWriter writer, Usage usage)
    {
        writer.WriteStartObject("usage"u8);
        writer.WriteNumber("prompt_tokens"u8, usage.InputTokens);
        writer.WriteNumber("completion_tokens"u8, usage.OutputTokens);
        writer.WriteNumber("total_tokens"u8, usage.InputTokens + usage.OutputTokens);
        writer.WriteStartObject("prompt_tokens_details"u8);
        writer.WriteNumber("cached_tokens"u8, usage.CachedTokens);
        writer.WriteEndObject();
        if (usage.ReasoningTokens is { } reasoning)
        {
            writer.WriteStartObject("completion_tokens_details"u8);
            writer.WriteNumber("reasoning_tokens"u8, reasoning);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
