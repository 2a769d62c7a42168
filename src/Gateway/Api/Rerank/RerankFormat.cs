using System.Text.Json;
using Gateway.Exchanges;
using Gateway.Llama;

namespace Gateway.Api.Rerank;

/// <summary>
/// The answer that Jina's and Cohere's clients read. <c>relevance_score</c> lies between 0 and 1 as theirs does (and vLLM's and TEI's): the
/// logistic function of the model's score, where the score is not a probability already. llama-server gives the score as it is, as here with
/// <c>raw_scores</c>.
/// </summary>
internal sealed class RerankFormat(string model, RerankRequest request, bool scoresAreProbabilities) : VectorFormat
{
    private readonly string _id = $"rerank-{Guid.NewGuid():N}";

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<IReadOnlyList<WindowVector>> inputs, Usage usage)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, _id);
        writer.WriteString("object"u8, "list"u8);
        writer.WriteString("model"u8, model);
        writer.WriteStartArray("results"u8);

        // By the score itself: far from 0 its logistic function cannot tell two apart. Equal ones stay in the request's order.
        var ranking = inputs.Select((windows, index) => (Index: index, Score: windows.Max(w => w.Vector[0]))).OrderByDescending(r => r.Score);
        foreach (var (index, score) in ranking.Take(request.TopCount ?? int.MaxValue))
        {
            writer.WriteStartObject();
            writer.WriteNumber("index"u8, index);
            writer.WriteNumber("relevance_score"u8, scoresAreProbabilities || request.RawScores ? score : 1 / (1 + Math.Exp(-(double)score)));
            if (request.ReturnDocuments)
            {
                writer.WriteStartObject("document"u8);
                writer.WriteString("text"u8, request.Documents[index]);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteUsage(writer, usage);

        // Where Cohere's clients look for it.
        writer.WriteStartObject("meta"u8);
        writer.WriteStartObject("tokens"u8);
        writer.WriteNumber("input_tokens"u8, usage.InputTokens);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
