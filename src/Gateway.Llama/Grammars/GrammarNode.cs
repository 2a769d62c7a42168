using Gateway.Llama.Grammars.Automata;

namespace Gateway.Llama.Grammars;

/// <summary>A part of a grammar in the making; made by a <see cref="GrammarBuilder"/> and of use with that one only.</summary>
public abstract class GrammarNode
{
    /// <summary>More than any nesting: nothing finite is derived from the node.</summary>
    internal const int Never = 1 << 20;

    private protected GrammarNode(GrammarBuilder builder, int id, bool canBeEmpty)
    {
        Builder = builder;
        Id = id;
        CanBeEmpty = canBeEmpty;
    }

    internal GrammarBuilder Builder { get; }

    /// <summary>Position among its builder's nodes.</summary>
    internal int Id { get; }

    internal bool CanBeEmpty { get; }

    /// <summary>Levels of nested arrays and objects that the shallowest text of the node has, <see cref="Never"/> when it has no finite one.</summary>
    internal int MinDepth { get; set; } = Never;

    internal virtual IReadOnlyList<GrammarNode> Children => [];
}

/// <summary>A fixed text, as UTF-8.</summary>
internal sealed class LiteralNode(GrammarBuilder builder, int id, string text, byte[] bytes) : GrammarNode(builder, id, bytes.Length == 0)
{
    public string Text => text;

    public byte[] Bytes => bytes;
}

/// <summary>A regular language.</summary>
internal sealed class TerminalNode(GrammarBuilder builder, int id, Terminal terminal) : GrammarNode(builder, id, terminal.Bytes.Accepts(0))
{
    public Terminal Terminal => terminal;
}

internal sealed class SequenceNode(GrammarBuilder builder, int id, GrammarNode[] parts) : GrammarNode(builder, id, Array.TrueForAll(parts, part => part.CanBeEmpty))
{
    public GrammarNode[] Parts => parts;

    internal override IReadOnlyList<GrammarNode> Children => parts;
}

internal sealed class ChoiceNode(GrammarBuilder builder, int id, GrammarNode[] options) : GrammarNode(builder, id, Array.Exists(options, option => option.CanBeEmpty))
{
    public GrammarNode[] Options => options;

    internal override IReadOnlyList<GrammarNode> Children => options;
}

/// <summary>Counted in the matcher's frames, so that a bound of thousands costs no rules.</summary>
internal sealed class RepeatNode(GrammarBuilder builder, int id, GrammarNode body, int least, int? most) : GrammarNode(builder, id, least == 0)
{
    public GrammarNode Body => body;

    public int Least => least;

    public int? Most => most;

    internal override IReadOnlyList<GrammarNode> Children { get; } = [body];
}

/// <summary>An array or object: what is in it lies one level deeper.</summary>
internal sealed class NestNode(GrammarBuilder builder, int id, GrammarNode body) : GrammarNode(builder, id, canBeEmpty: false)
{
    public GrammarNode Body => body;

    internal override IReadOnlyList<GrammarNode> Children { get; } = [body];
}

/// <summary>A name for a node that is made later, so that values may hold their own kind. Stands for JSON values only, which are never empty.</summary>
internal sealed class RuleNode(GrammarBuilder builder, int id) : GrammarNode(builder, id, canBeEmpty: false)
{
    private GrammarNode[] _body = [];

    public GrammarNode? Body
    {
        get => _body.Length == 0 ? null : _body[0];
        set => _body = [value!];
    }

    internal override IReadOnlyList<GrammarNode> Children => _body;
}
