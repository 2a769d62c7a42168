using System.Text.Json;
using Gateway.Exchanges;
using Gateway.Llama;

namespace Gateway.Api;

/// <summary>How the answer of a local model is written: one shape an endpoint, as OpenAI's API reference gives it.</summary>
internal abstract class AnswerFormat(string model, long createdAt, string idPrefix, bool includeUsage)
{
    private readonly string _id = $"{idPrefix}-{Guid.NewGuid():N}";

    /// <summary>Whether a stream ends with a chunk that tells the usage.</summary>
    public bool IncludeUsage { get; } = includeUsage;

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
            writer.WriteNull("logprobs"u8);
            writer.WriteString("finish_reason"u8, NameOf(choices[index].FinishReason));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteUsage(writer, usage);
        writer.WriteEndObject();
    }

    /// <summary>One chunk of a stream.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="index">Which choice goes on.</param>
    /// <param name="text">What comes next in it; null in the first chunk of a chat and in the last.</param>
    /// <param name="finishReason">Set in the last chunk of the choice.</param>
    public void WriteChunk(Utf8JsonWriter writer, int index, string? text, FinishReason? finishReason)
    {
        WriteHead(writer, ChunkObject);
        writer.WriteStartArray("choices"u8);
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, index);
        WriteDelta(writer, text, isFirst: text is null && finishReason is null);
        writer.WriteNull("logprobs"u8);
        if (finishReason is { } reason)
        {
            writer.WriteString("finish_reason"u8, NameOf(reason));
        }
        else
        {
            writer.WriteNull("finish_reason"u8);
        }

        writer.WriteEndObject();
        writer.WriteEndArray();
        if (IncludeUsage)
        {
            writer.WriteNull("usage"u8);
        }

        writer.WriteEndObject();
    }

    /// <summary>The chunk that tells the usage.</summary>
    public void WriteUsageChunk(Utf8JsonWriter writer, Usage usage)
    {
        WriteHead(writer, ChunkObject);
        writer.WriteStartArray("choices"u8);
        writer.WriteEndArray();
        WriteUsage(writer, usage);
        writer.WriteEndObject();
    }

    /// <summary>Whether a choice begins with a chunk of its own, before any text.</summary>
    public abstract bool HasFirstChunk { get; }

    protected abstract void WriteChoice(Utf8JsonWriter writer, Choice choice);

    protected abstract void WriteDelta(Utf8JsonWriter writer, string? text, bool isFirst);

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
        writer.WriteEndObject();
    }

    private static string NameOf(FinishReason reason) => reason == FinishReason.Length ? "length" : "stop";
}

/// <summary>One of the answers to a request, complete.</summary>
internal readonly record struct Choice(string Text, FinishReason FinishReason);
