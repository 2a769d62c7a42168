using System.Text.Json;
using Gateway.Llama.Grammars.Automata;

namespace Gateway.Llama.Grammars.Schemas;

/// <content>Values that "enum" and "const" list.</content>
internal sealed partial class SchemaCompiler
{
    private GrammarNode Listed(RuleNode rule, List<SchemaAtom> atoms, List<SchemaAtom> lists, JsonTypes types)
    {
        var common = lists.Skip(1).Select(list => list.Values!.Select(JsonValues.Canonical).ToHashSet(StringComparer.Ordinal)).ToList();
        var range = Range(atoms);
        var texts = atoms.SelectMany(atom => atom.Texts).ToList();
        var scalars = new List<string>();
        var options = new List<GrammarNode>();
        foreach (var value in lists[0].Values!.Where(value => common.TrueForAll(list => list.Contains(JsonValues.Canonical(value)))))
        {
            if (!types.HasFlag(JsonValues.TypeOf(value)))
            {
                continue;
            }

            switch (value.ValueKind)
            {
                case JsonValueKind.Object or JsonValueKind.Array:
                    if (atoms.Find(atom => atom.HasParts) is { } other)
                    {
                        throw lists[0].Place.Error(
                            lists[0].Place.Element.TryGetProperty("enum", out _) ? "enum" : "const",
                            $"Arrays and objects listed beside what {other.Place.Path} demands of them cannot be held.");
                    }

                    options.Add(Written(value));
                    break;
                case JsonValueKind.Number:
                    if (ExactNumber.TryParse(value.GetRawText(), out var number) ? range.Contains(number) : range is { IsBounded: false, Integer: false, MultiplesOf.Count: 0 })
                    {
                        scalars.Add(value.GetRawText());
                    }

                    break;
                case JsonValueKind.String:
                    if (IsText(value.GetString()!, atoms, texts))
                    {
                        scalars.Add(JsonText.Quote(value.GetString()!));
                    }

                    break;
                default:
                    scalars.Add(value.GetRawText());
                    break;
            }
        }

        if (scalars.Count > 0)
        {
            options.Add(_builder.Terminal(new Terminal(Dfa.OneOf(scalars))));
        }

        if (options.Count == 0)
        {
            var keyword = lists[0].Place.Element.TryGetProperty("enum", out _) ? "enum" : "const";
            Contradict(rule, lists[0].Place.Error(keyword, "None of the values satisfies the rest of the schema."));
        }

        return _builder.Choice(options);
    }

    private static bool IsText(string text, List<SchemaAtom> atoms, List<Dfa> texts)
    {
        var length = text.EnumerateRunes().Count();
        return atoms.TrueForAll(atom => length >= atom.MinLength && !(length > atom.MaxLength)) && texts.TrueForAll(meaning => meaning.Accepts(text));
    }

    private GrammarNode Written(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => _json.Braces(Joined([.. value.EnumerateObject()
            .Select(property => _json.Member(_builder.Literal(JsonText.Quote(property.Name)), Written(property.Value)))])),
        JsonValueKind.Array => _json.Brackets(Joined([.. value.EnumerateArray().Select(Written)])),
        JsonValueKind.String => _builder.Literal(JsonText.Quote(value.GetString()!)),
        _ => _builder.Literal(value.GetRawText()),
    };

    private GrammarNode Joined(List<GrammarNode> parts) =>
        _builder.Sequence([.. parts.SelectMany(IEnumerable<GrammarNode> (part, index) => index == 0 ? [part] : [_json.Comma, part])]);
}
