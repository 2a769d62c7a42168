namespace Gateway.Llama.Grammars.Patterns;

/// <summary>A pattern that is none, or that cannot be held; the schema's compiler tells where it stands.</summary>
internal sealed class PatternException(string message) : Exception(message);
