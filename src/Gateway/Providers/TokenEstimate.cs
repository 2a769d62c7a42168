using System.Text;
using System.Text.Json;
using Gateway.Exchanges;

namespace Gateway.Providers;

/// <summary>
/// Counts tokens where nobody reports them: one for each four characters of text, OpenAI's rule of thumb for English
/// (https://help.openai.com/en/articles/4936856). What it counts is marked as estimated.
/// </summary>
internal static class TokenEstimate
{
    private const int CharactersPerToken = 4;

    /// <summary>What an exchange comes to.</summary>
    /// <param name="request">The request's body.</param>
    /// <param name="answerCharacters">Characters of the answer.</param>
    public static Usage Of(ReadOnlySpan<byte> request, long answerCharacters) =>
        new(TokensOf(CountCharacters(request)), TokensOf(answerCharacters)) { IsEstimated = true };

    /// <summary>
    /// Characters of the texts in a request, an answer or an event: of the values of <c>content</c>, <c>text</c>, <c>prompt</c> and the like. A token
    /// that a prompt has as a number counts as one. Of what is not JSON, the characters up to there.
    /// </summary>
    public static long CountCharacters(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 256 });
        var characters = 0L;

        // Of the lists that the reader stands in, by depth, whether their items are text; deeper ones are not, for no request nests as deep.
        var lists = 0UL;
        var isText = false;
        try
        {
            while (reader.Read())
            {
                var isItem = reader.CurrentDepth is > 0 and <= 64 && (lists >> (reader.CurrentDepth - 1) & 1) != 0;
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        isText = IsText(ref reader);
                        continue;
                    case JsonTokenType.StartArray or JsonTokenType.StartObject when reader.CurrentDepth < 64:
                        var bit = 1UL << reader.CurrentDepth;
                        lists = reader.TokenType == JsonTokenType.StartArray && (isText || isItem) ? lists | bit : lists & ~bit;
                        break;
                    case JsonTokenType.String when isText || isItem:
                        characters += LengthOf(ref reader);
                        break;
                    case JsonTokenType.Number when isItem:
                        characters += CharactersPerToken;
                        break;
                }

                isText = false;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not for us to judge.
        }

        return characters;
    }

    private static bool IsText(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("content"u8) || reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("prompt"u8) || reader.ValueTextEquals("input"u8)
        || reader.ValueTextEquals("arguments"u8) || reader.ValueTextEquals("reasoning_content"u8) || reader.ValueTextEquals("reasoning"u8)
        || reader.ValueTextEquals("refusal"u8) || reader.ValueTextEquals("query"u8) || reader.ValueTextEquals("documents"u8);

    // An escape of a character beyond the first plane counts as the two that it is in UTF-16; near enough.
    private static int LengthOf(ref Utf8JsonReader reader) =>
        reader.ValueIsEscaped ? reader.GetString()!.Length : Encoding.UTF8.GetCharCount(reader.ValueSpan);

    private static int TokensOf(long characters) => (int)Math.Min((characters + CharactersPerToken - 1) / CharactersPerToken, int.MaxValue);
}
