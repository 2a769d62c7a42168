using System.Text.Json;
using Gateway.Api;
using Gateway.Exchanges;
using Gateway.Llama;

namespace Gateway.Residency;

/// <summary>Tokens that a request can come to: one for each byte of its body, and of answers what it asks for at most.</summary>
internal static class CapSize
{
    // Where the client does not bound its answer nobody can say; longer ones are rare.
    private const long DefaultAnswer = 4_096;

    private const long Most = 1L << 40;

    /// <param name="body">A body that is known to be a JSON object.</param>
    /// <param name="endpoint">What it was sent to.</param>
    public static long Of(ReadOnlySpan<byte> body, ApiEndpoint endpoint)
    {
        if (endpoint.Task != ModelTask.Generate)
        {
            return body.Length;
        }

        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = RequestEnvelopeReader.MaxDepth });
        var (answer, choices) = (0L, 1L);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isAnswer = reader.ValueTextEquals("max_tokens"u8) || reader.ValueTextEquals("max_completion_tokens"u8);
            var isChoices = reader.ValueTextEquals("n"u8) || reader.ValueTextEquals("best_of"u8);
            reader.Read();
            var value = (isAnswer || isChoices) && reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var number) ? (long)Math.Clamp(number, 0, Most) : 0;
            answer = isAnswer ? Math.Max(answer, value) : answer;
            choices = isChoices ? Math.Max(choices, value) : choices;
            reader.Skip();
        }

        return body.Length + (long)Int128.Min(Most, (Int128)(answer == 0 ? DefaultAnswer : answer) * choices);
    }
}
