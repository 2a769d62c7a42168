using System.Text.Json;
using Gateway.Llama.Grammars.Automata;

namespace Gateway.Llama.Grammars.Schemas;

/// <summary>
/// Makes a JSON Schema's values into nodes. Each set of schemas that apply to a value together becomes a rule, made once: that is how schemas
/// that refer to themselves, and those that are combined, come out finite and exact.
/// </summary>
internal sealed partial class SchemaCompiler
{
    private readonly GrammarBuilder _builder;
    private readonly JsonNodes _json;
    private readonly SchemaDocument _document;
    private readonly SchemaAlternatives _alternatives;
    private readonly Dictionary<string, RuleNode> _rules = new(StringComparer.Ordinal);
    private readonly Queue<(RuleNode Rule, int[] Schemas)> _open = new();
    private readonly Dictionary<GrammarNode, SchemaException> _contradictions = [];
    private readonly Dictionary<string, GrammarNode> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<NumberRange, GrammarNode?> _numbers = [];

    public SchemaCompiler(GrammarBuilder builder, JsonElement schema, string path)
    {
        _builder = builder;
        _json = builder.Json;
        _document = new SchemaDocument(schema, path);
        _alternatives = new SchemaAlternatives(_document);
    }

    /// <exception cref="SchemaException">The schema cannot be held.</exception>
    public GrammarNode Compile()
    {
        try
        {
            var root = Value([_document.Root]);
            var exclusions = 0;
            var checks = new List<(SchemaPlace Place, int First, int Second, RuleNode Both)>();
            do
            {
                for (; exclusions < _alternatives.Exclusions.Count; exclusions++)
                {
                    var (place, first, second, both) = _alternatives.Exclusions[exclusions];
                    checks.Add((place, first, second, Rule(both)));
                }

                while (_open.TryDequeue(out var item))
                {
                    item.Rule.Body = Body(item.Rule, item.Schemas);
                }
            }
            while (exclusions < _alternatives.Exclusions.Count);

            _builder.Analyze();
            foreach (var (place, first, second, both) in checks)
            {
                if (both.MinDepth < GrammarNode.Never)
                {
                    throw place.Error("oneOf", $"Branches {first} and {second} do not exclude each other, so that one of them alone cannot be held; use anyOf.");
                }
            }

            return root.MinDepth < GrammarNode.Never ? root : throw WhyNothing(root);
        }
        catch (GrammarTooLargeException)
        {
            throw new SchemaException(_document.Root.Path, "The schema is too large.", null);
        }
    }

    /// <summary>A value that all of some schemas apply to.</summary>
    private GrammarNode Value(IReadOnlyList<SchemaPlace> schemas)
    {
        var alternatives = _alternatives.Of(schemas);
        return _builder.Choice([.. alternatives.Select(GrammarNode (alternative) => Rule(alternative))]);
    }

    private RuleNode Rule(int[] schemas)
    {
        var key = string.Join(',', schemas);
        if (!_rules.TryGetValue(key, out var rule))
        {
            _rules.Add(key, rule = _builder.Rule());
            _open.Enqueue((rule, schemas));
        }

        return rule;
    }

    private GrammarNode Body(RuleNode rule, int[] schemas)
    {
        if (schemas.Length == 0)
        {
            return _json.Value;
        }

        var atoms = schemas.Select(_alternatives.Atom).ToList();
        try
        {
            var types = TypesOf(atoms);
            var values = atoms.Where(atom => atom.Values is not null).ToList();
            if (values.Count > 0)
            {
                return Listed(rule, atoms, values, types);
            }

            var options = new List<GrammarNode>();
            if (types.HasFlag(JsonTypes.Object))
            {
                options.Add(Object(atoms));
            }

            if (types.HasFlag(JsonTypes.Array))
            {
                options.Add(Array(atoms));
            }

            if (types.HasFlag(JsonTypes.String))
            {
                options.Add(String(atoms));
            }

            if (types.HasFlag(JsonTypes.Number))
            {
                options.Add(Number(atoms));
            }

            if (types.HasFlag(JsonTypes.Boolean))
            {
                options.Add(_json.Boolean);
            }

            if (types.HasFlag(JsonTypes.Null))
            {
                options.Add(_json.Null);
            }

            if (options.Count == 0)
            {
                Contradict(rule, atoms.Find(atom => atom.Types is not null)!.Place.Error("type", "What is combined has no type in common: no value is valid."));
            }

            return _builder.Choice(options);
        }
        catch (AutomatonLimitException)
        {
            throw new SchemaException(atoms[0].Place.Path, "Pattern, format, length, values or bounds need too many states together: make them smaller.", null);
        }
    }

    /// <summary>Without any "type" the keywords tell it, as whoever writes "properties" alone means an object.</summary>
    private static JsonTypes TypesOf(List<SchemaAtom> atoms)
    {
        var types = atoms.Aggregate(JsonTypes.All, (all, atom) => all & (atom.Types ?? JsonTypes.All));
        var implied = atoms.Aggregate(JsonTypes.None, (all, atom) => all | atom.Implied);
        var free = implied == JsonTypes.None || atoms.Exists(atom => atom.Types is not null || atom.Values is not null);
        return free ? types : implied;
    }

    private void Contradict(GrammarNode node, SchemaException error) => _contradictions.TryAdd(node, error);

    private static NumberRange Range(List<SchemaAtom> atoms) => atoms.Aggregate(new NumberRange(), (range, atom) => range.And(atom.Numbers));

    private GrammarNode Number(List<SchemaAtom> atoms)
    {
        var range = Range(atoms);
        var key = range with { MultiplesOf = [] };
        var plain = range.MultiplesOf.Count == 0;
        if (!plain || !_numbers.TryGetValue(key, out var node))
        {
            node = NumberText.TryWrite(range) is { } terminal ? _builder.Terminal(terminal) : null;
            if (plain)
            {
                _numbers.Add(key, node);
            }
        }

        var bounded = atoms.Find(atom => atom.Numbers.MultiplesOf.Count > 0) ?? atoms.Find(atom => atom.Numbers.IsBounded) ?? atoms[0];
        var keyword = range.MultiplesOf.Count > 0 ? "multipleOf" : range.Least is null ? "maximum" : "minimum";
        if (node is null)
        {
            throw bounded.Place.Error(keyword, "Numbers of so many digits or such a step cannot be held.");
        }

        if (node is TerminalNode { Terminal.Characters.IsEmpty: true })
        {
            Contradict(node, bounded.Place.Error(keyword, "No number satisfies the bounds and steps together."));
        }

        return node;
    }

    private GrammarNode String(List<SchemaAtom> atoms)
    {
        var least = atoms.Max(atom => atom.MinLength);
        var most = atoms.Min(atom => atom.MaxLength);
        var texts = atoms.SelectMany(atom => atom.Texts).ToList();
        var meaning = Meaning(texts, least, most);
        if (meaning is null)
        {
            return least == 0 && most is null
                ? _json.String
                : least > most
                    ? Impossible(atoms.Find(atom => atom.MinLength == least)!.Place.Error("minLength", "It is more than another schema's maxLength: no text is valid."))
                    : _builder.Sequence(_builder.Literal("\""), _builder.Repeat(_builder.Terminal(JsonText.Character), least, most), _builder.Literal("\""));
        }

        var place = atoms.Find(atom => atom.Texts.Count > 0)!.Place;
        var keyword = place.Element.TryGetProperty("pattern", out _) ? "pattern" : "format";
        return meaning.IsEmpty
            ? Impossible(place.Error(keyword, "No text satisfies pattern, format and length together."))
            : _builder.Terminal(JsonText.Write(meaning));
    }

    /// <summary>The texts that patterns and formats allow, null when there are none of these.</summary>
    private static Dfa? Meaning(List<Dfa> texts, int least, int? most)
    {
        if (texts.Count == 0)
        {
            return null;
        }

        var meaning = texts.Aggregate((a, b) => a.Intersect(b));
        var (shortest, longest) = meaning.Lengths();
        if (shortest < least)
        {
            meaning = meaning.Intersect(Dfa.OfLength(least, null));
        }

        if (most is { } limit && !(longest <= limit))
        {
            meaning = meaning.Intersect(Dfa.OfLength(0, limit));
        }

        return meaning;
    }

    private ChoiceNode Impossible(SchemaException error)
    {
        var nothing = (ChoiceNode)_builder.Choice([]);
        Contradict(nothing, error);
        return nothing;
    }

    /// <summary>Why a node has no finite text: the first contradiction on the way down, or else that it always holds itself again.</summary>
    private SchemaException WhyNothing(GrammarNode root)
    {
        var seen = new HashSet<GrammarNode> { root };
        var open = new Queue<GrammarNode>(seen);
        while (open.TryDequeue(out var node))
        {
            if (_contradictions.TryGetValue(node, out var error))
            {
                return error;
            }

            foreach (var child in node.Children)
            {
                if (child.MinDepth == GrammarNode.Never && seen.Add(child))
                {
                    open.Enqueue(child);
                }
            }
        }

        return new SchemaException(
            _document.Root.Path, $"No value is valid, or a value can never end: it must hold others more than {GrammarBuilder.MostDepth} levels deep.", null);
    }
}
