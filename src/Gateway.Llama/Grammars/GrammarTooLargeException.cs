namespace Gateway.Llama.Grammars;

/// <summary>A grammar has grown beyond what is held: more rules than any sensible schema needs. Schemas that are so large give a <see cref="SchemaError"/>.</summary>
public sealed class GrammarTooLargeException() : Exception("The grammar is too large: fewer or smaller schemas are needed.");
