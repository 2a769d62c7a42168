using Gateway.Api;
using Gateway.Llama;

namespace Gateway.Engine;

internal static class TokenCheck
{
    /// <summary>What is wrong with token ids of a request; null when all of them are in the vocabulary.</summary>
    public static ApiError? Ids(IReadOnlyList<int> tokens, string path, LlamaModelInfo model) =>
        tokens.Any(t => t < 0 || t >= model.VocabularySize)
            ? ApiError.BadRequest($"Invalid '{path}': the model has token ids from 0 to {model.VocabularySize - 1}.", path, "invalid_value")
            : null;
}
