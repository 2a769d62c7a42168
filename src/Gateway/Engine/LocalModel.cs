namespace Gateway.Engine;

/// <summary>A model in this process that answers for a deployment.</summary>
/// <param name="Engine">What computes it.</param>
/// <param name="DefaultMaxTokens">Tokens of an answer when the request does not say.</param>
internal sealed record LocalModel(EngineHandle Engine, int DefaultMaxTokens);
