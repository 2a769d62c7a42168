using Gateway.Configuration;

namespace Gateway.Engine;

/// <summary>A model in this process that answers for a deployment.</summary>
/// <param name="Engine">What computes it.</param>
/// <param name="DefaultMaxTokens">Tokens of an answer when the request does not say.</param>
/// <param name="Overlong">What becomes of a text to embed or to score that is longer than the model takes.</param>
internal sealed record LocalModel(EngineHandle Engine, int DefaultMaxTokens, OverlongInput Overlong);
