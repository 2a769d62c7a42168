namespace Gateway.Llama.Grammars;

/// <summary>A grammar over UTF-8 text. Immutable, safe on several threads.</summary>
public sealed class Grammar
{
    internal Grammar(GrammarNode root) => Root = root;

    internal GrammarNode Root { get; }

    /// <summary>
    /// The grammar as GBNF, its root rule is "root". What GBNF cannot say is not in it: that arrays and objects nest at most 60 levels deep.
    /// </summary>
    public override string ToString() => new GbnfWriter(Root).Write();
}
