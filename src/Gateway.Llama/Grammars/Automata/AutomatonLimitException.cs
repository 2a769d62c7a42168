namespace Gateway.Llama.Grammars.Automata;

/// <summary>An automaton would need more states than are held; becomes a <see cref="SchemaError"/>.</summary>
internal sealed class AutomatonLimitException : Exception;
