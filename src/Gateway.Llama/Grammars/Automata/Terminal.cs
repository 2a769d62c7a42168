namespace Gateway.Llama.Grammars.Automata;

/// <summary>A regular language of written text: by code points, as it is printed, and by bytes, as it is matched.</summary>
internal sealed class Terminal(Dfa characters)
{
    public Dfa Characters => characters;

    public ByteAutomaton Bytes { get; } = ByteAutomaton.From(characters);
}
