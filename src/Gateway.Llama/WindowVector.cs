namespace Gateway.Llama;

/// <summary>What a model made of a text, or of one window of it.</summary>
/// <param name="Vector">An embedding, or a score alone.</param>
/// <param name="Tokens">Tokens that it was made of.</param>
public readonly record struct WindowVector(float[] Vector, int Tokens);
