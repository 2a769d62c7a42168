using Gateway.Llama.Grammars.Automata;

namespace Gateway.Llama.Grammars.Schemas;

/// <content>Arrays and objects.</content>
internal sealed partial class SchemaCompiler
{
    private GrammarNode Array(List<SchemaAtom> atoms)
    {
        var least = atoms.Max(atom => atom.MinItems);
        var most = atoms.Min(atom => atom.MaxItems);
        if (least > most)
        {
            return Impossible(atoms.Find(atom => atom.MinItems == least)!.Place.Error("minItems", "It is more than another schema's maxItems: no array is valid."));
        }

        if (!atoms.Exists(atom => atom.HasParts))
        {
            return _json.Array;
        }

        // From the end: what may follow when so many items are there.
        var first = atoms.Max(atom => atom.FirstItems.Count);
        first = Math.Min(first, most ?? first);
        var item = Value(Items(atoms, first));
        var (leastMore, mostMore) = (Math.Max(0, least - first), most - first);
        if (first == 0)
        {
            return _json.Brackets(
                most == 0 ? _builder.Literal("")
                : least > 0 ? _json.Members(item, leastMore - 1, mostMore - 1)
                : _builder.Choice(_builder.Literal(""), _json.Members(item, 0, mostMore - 1)));
        }

        var rest = _builder.Repeat(_builder.Sequence(_json.Comma, item), leastMore, mostMore);
        for (var count = first - 1; count >= 0; count--)
        {
            var next = Value(Items(atoms, count));
            rest = count > 0 ? _builder.Sequence(_json.Comma, next, rest) : _builder.Sequence(next, rest);
            if (least <= count)
            {
                rest = _builder.Choice(_builder.Literal(""), rest);
            }
        }

        return _json.Brackets(rest);
    }

    /// <summary>The schemas of the item at an index.</summary>
    private static List<SchemaPlace> Items(List<SchemaAtom> atoms, int index) =>
        [.. atoms.Select(atom => index < atom.FirstItems.Count ? atom.FirstItems[index] : atom.Items).OfType<SchemaPlace>()];

    private GrammarNode Object(List<SchemaAtom> atoms)
    {
        if (!atoms.Exists(atom => atom.HasParts))
        {
            return _json.Object;
        }

        // In the order in which they are written. One that is only required comes after those that are described.
        var byName = atoms.Select(atom => new Dictionary<string, SchemaPlace>(atom.Properties, StringComparer.Ordinal)).ToList();
        var required = atoms.SelectMany(atom => atom.Required).ToHashSet(StringComparer.Ordinal);
        var names = atoms.SelectMany(atom => atom.Properties.Select(property => property.Key)).Concat(atoms.SelectMany(atom => atom.Required))
            .Distinct(StringComparer.Ordinal).ToList();

        // Two chains from the end: what follows once a member was written, and before the first one.
        var further = Further(atoms, names);
        GrammarNode after = _builder.Literal("");
        var first = after;
        if (further is not null)
        {
            after = _builder.Repeat(_builder.Sequence(_json.Comma, further), 0, null);
            first = _builder.Choice(_builder.Literal(""), _json.Members(further, 0, null));
        }

        for (var i = names.Count - 1; i >= 0; i--)
        {
            var name = names[i];
            var schemas = new List<SchemaPlace>();
            for (var j = 0; j < atoms.Count; j++)
            {
                if ((byName[j].TryGetValue(name, out var described) ? described : atoms[j].Additional) is { } place)
                {
                    schemas.Add(place);
                }
            }

            var value = Value(schemas);
            if (value is ChoiceNode { Options.Length: 0 })
            {
                var owner = atoms.Find(atom => atom.Required.Contains(name)) ?? atoms[0];
                Contradict(value, owner.Place.Error("required", $"The property {SchemaDocument.Step("", name)} is required and can have no value."));
            }

            var member = _json.Member(_builder.Literal(JsonText.Quote(name)), value);
            var next = _builder.Sequence(_json.Comma, member, after);
            var begin = _builder.Sequence(member, after);
            (after, first) = required.Contains(name)
                ? (next, begin)
                : (_builder.Choice(next, after), _builder.Choice(begin, first));
        }

        return _json.Braces(first);
    }

    /// <summary>A property that none of the names is for; null when there may be none.</summary>
    private GrammarNode? Further(List<SchemaAtom> atoms, List<string> names)
    {
        var schemas = atoms.Select(atom => atom.Additional).OfType<SchemaPlace>().ToList();
        var value = Value(schemas);
        if (value is ChoiceNode { Options.Length: 0 })
        {
            return null;
        }

        var key = string.Join(',', names.Order(StringComparer.Ordinal).Select(JsonText.Quote));
        if (!_keys.TryGetValue(key, out var node))
        {
            node = _builder.Terminal(names.Count == 0 ? JsonText.String : JsonText.Write(JsonText.AnyMeaning.Except(Dfa.OneOf(names))));
            _keys.Add(key, node);
        }

        return _json.Member(node, value);
    }
}
