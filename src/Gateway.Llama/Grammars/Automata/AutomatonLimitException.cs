namespace Gateway.Llama.Grammars.Automata;

/// <summary>An automaton would need more states than <see cref="Nfa.MostStates"/> or <see cref="Dfa.MostStates"/>; becomes a <see cref="SchemaError"/>.</summary>
internal sealed class AutomatonLimitException : Exception;
