using System.Text;
using System.Text.Json;
using Gateway.Llama.Grammars.Automata;
using Gateway.Llama.Grammars.Schemas;

namespace Gateway.Llama.Grammars;

/// <summary>Composes a <see cref="Grammar"/>. For one thread; nodes belong to the builder that made them and may be used several times.</summary>
public sealed class GrammarBuilder
{
    /// <summary>
    /// Arrays and objects in each other, in all that a grammar makes. Readers of JSON stop at 64 (System.Text.Json, Newtonsoft); the rest is room
    /// for what a document is wrapped in.
    /// </summary>
    internal const int MostDepth = 60;

    internal const int MostNodes = 200_000;
    internal const int MostEdges = 1_000_000;

    private readonly List<GrammarNode> _nodes = [];
    private readonly Dictionary<Terminal, TerminalNode> _terminals = [];
    private readonly Dictionary<string, LiteralNode> _literals = new(StringComparer.Ordinal);
    private readonly JsonNodes _json;
    private int _analyzed;
    private int _edges;

    /// <summary>Begins an empty grammar.</summary>
    public GrammarBuilder() => _json = new JsonNodes(this);

    internal JsonNodes Json => _json;

    /// <summary>A fixed text.</summary>
    /// <exception cref="ArgumentException">The text holds half a surrogate pair.</exception>
    public GrammarNode Literal(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!_literals.TryGetValue(text, out var node))
        {
            byte[] bytes;
            try
            {
                bytes = new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(text);
            }
            catch (EncoderFallbackException exception)
            {
                throw new ArgumentException("The text holds half a surrogate pair.", nameof(text), exception);
            }

            _literals.Add(text, node = Add(new LiteralNode(this, _nodes.Count, text, bytes)));
        }

        return node;
    }

    /// <summary>One part after the other.</summary>
    public GrammarNode Sequence(params IReadOnlyList<GrammarNode> parts)
    {
        var own = Own(parts);
        return own.Length == 1 ? own[0] : Add(new SequenceNode(this, _nodes.Count, own));
    }

    /// <summary>One of the options.</summary>
    public GrammarNode Choice(params IReadOnlyList<GrammarNode> options)
    {
        var own = Own(options);
        return own.Length == 1 ? own[0] : Add(new ChoiceNode(this, _nodes.Count, own));
    }

    /// <summary>A part several times over.</summary>
    /// <param name="node">The part; it must not be able to be empty.</param>
    /// <param name="least">0 or more.</param>
    /// <param name="most">At least <paramref name="least"/>; null for no limit.</param>
    public GrammarNode Repeat(GrammarNode node, int least, int? most)
    {
        Own([node]);
        ArgumentOutOfRangeException.ThrowIfNegative(least);
        if (most is { } limit)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(limit, least, nameof(most));
        }

        return node.CanBeEmpty
            ? throw new ArgumentException("What is repeated must not be able to be empty.", nameof(node))
            : (least, most) switch
            {
                (_, 0) => Literal(""),
                (1, 1) => node,
                _ => Add(new RepeatNode(this, _nodes.Count, node, least, most)),
            };
    }

    /// <summary>Any text that does not hold <paramref name="end"/>, which itself is not included, nor U+0000.</summary>
    public GrammarNode Until(string end)
    {
        ArgumentException.ThrowIfNullOrEmpty(end);
        var any = Dfa.From(Regular.Loop(Regular.Of(CharSet.Any.Except(CharSet.Of('\0'))), 0, null));
        return Terminal(new Terminal(any.Except(Dfa.From(Regular.Text(end), anywhere: true))));
    }

    /// <summary>Any JSON value, without white space around it.</summary>
    public GrammarNode AnyJson() => _json.Value;

    /// <summary>Any JSON object.</summary>
    public GrammarNode JsonObject() => _json.Object;

    /// <summary>White space where JSON has it: none, one space, or a line break and an indentation of at most 20 spaces.</summary>
    public GrammarNode Space() => _json.Space;

    /// <summary>JSON that a JSON Schema accepts. All of what the node derives is valid; valid values have a form that it derives.</summary>
    /// <param name="schema">The schema: an object, or true or false.</param>
    /// <param name="path">Prefix of the error's path, such as "response_format.json_schema.schema".</param>
    /// <param name="node">The values' node.</param>
    /// <param name="error">Why the schema cannot be held.</param>
    public bool TrySchema(JsonElement schema, string path, out GrammarNode? node, out SchemaError? error)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            node = new SchemaCompiler(this, schema, path).Compile();
            error = null;
            return true;
        }
        catch (SchemaException exception)
        {
            node = null;
            error = exception.Error;
            return false;
        }
    }

    /// <summary>The grammar that begins with a node.</summary>
    /// <exception cref="ArgumentException">Nothing finite is derived from the node.</exception>
    public Grammar Build(GrammarNode root)
    {
        Own([root]);
        Analyze();
        return root.MinDepth <= MostDepth
            ? new Grammar(root)
            : throw new ArgumentException("The grammar has no finite text.", nameof(root));
    }

    internal GrammarNode Terminal(Terminal terminal)
    {
        if (!_terminals.TryGetValue(terminal, out var node))
        {
            _edges += terminal.Bytes.EdgeCount;
            Limit(_edges <= MostEdges);
            _terminals.Add(terminal, node = Add(new TerminalNode(this, _nodes.Count, terminal)));
        }

        return node;
    }

    internal RuleNode Rule() => Add(new RuleNode(this, _nodes.Count));

    internal GrammarNode Nest(GrammarNode body) => Add(new NestNode(this, _nodes.Count, body));

    /// <summary>
    /// Finds how deep the shallowest text of each new node is. Nodes that have none within <see cref="MostDepth"/> keep
    /// <see cref="GrammarNode.Never"/>, and are never entered.
    /// </summary>
    internal void Analyze()
    {
        var added = _nodes[_analyzed..];
        _analyzed = _nodes.Count;
        var parents = new Dictionary<GrammarNode, List<GrammarNode>>();
        foreach (var node in added)
        {
            foreach (var child in node.Children)
            {
                if (!parents.TryGetValue(child, out var list))
                {
                    parents.Add(child, list = []);
                }

                list.Add(node);
            }
        }

        // Level by level: all nodes of a depth are known before the first of the next.
        var levels = new Queue<GrammarNode>[MostDepth + 1];
        for (var depth = 0; depth <= MostDepth; depth++)
        {
            levels[depth] = new Queue<GrammarNode>();
        }

        foreach (var node in added)
        {
            Offer(node);
        }

        void Offer(GrammarNode node)
        {
            if (DepthOf(node) is var depth && depth < node.MinDepth && depth <= MostDepth)
            {
                node.MinDepth = depth;
                levels[depth].Enqueue(node);
            }
        }

        foreach (var level in levels)
        {
            while (level.TryDequeue(out var node))
            {
                foreach (var parent in parents.GetValueOrDefault(node) ?? [])
                {
                    Offer(parent);
                }
            }
        }
    }

    private static int DepthOf(GrammarNode node) => node switch
    {
        SequenceNode sequence => sequence.Parts.Length == 0 ? 0 : sequence.Parts.Max(part => part.MinDepth),
        ChoiceNode choice => choice.Options.Length == 0 ? GrammarNode.Never : choice.Options.Min(option => option.MinDepth),
        RepeatNode repeat => repeat.Least == 0 ? 0 : repeat.Body.MinDepth,
        NestNode nest => Math.Min(nest.Body.MinDepth + 1, GrammarNode.Never),
        RuleNode rule => rule.Body?.MinDepth ?? GrammarNode.Never,
        TerminalNode { Terminal.Characters.IsEmpty: true } => GrammarNode.Never,
        _ => 0,
    };

    private T Add<T>(T node)
        where T : GrammarNode
    {
        Limit(_nodes.Count < MostNodes);
        _nodes.Add(node);
        return node;
    }

    private static void Limit(bool kept)
    {
        if (!kept)
        {
            throw new GrammarTooLargeException();
        }
    }

    private GrammarNode[] Own(IReadOnlyList<GrammarNode> nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        GrammarNode[] own = [.. nodes];
        return Array.TrueForAll(own, node => node is not null && node.Builder == this)
            ? own
            : throw new ArgumentException("A node of another builder.", nameof(nodes));
    }
}
