using System.Text.Json;

namespace Gateway.Llama.Grammars.Schemas;

/// <summary>
/// Takes apart what schemas combine in place ($ref, allOf, anyOf, oneOf) into alternatives: a value is valid when it satisfies all schemas of one
/// alternative by their own keywords. An alternative is the ids of these schemas, rising; none of them: anything is valid.
/// </summary>
internal sealed class SchemaAlternatives(SchemaDocument document)
{
    private const int MostAlternatives = 1_000;
    private const int MostPairs = 5_000;
    private const int MostDepth = 200;

    private static readonly int[][] Anything = [[]];

    private readonly SchemaAtomReader _reader = new(document);
    private readonly Dictionary<int, SchemaAtom> _atoms = [];
    private readonly Dictionary<int, int[][]> _known = [];
    private readonly HashSet<int> _open = [];

    /// <summary>Alternatives of different branches of a oneOf: a value that satisfies both would satisfy two branches.</summary>
    public List<(SchemaPlace Place, int First, int Second, int[] Both)> Exclusions { get; } = [];

    public SchemaAtom Atom(int id) => _atoms[id];

    /// <summary>The alternatives of a value that all of some schemas apply to.</summary>
    public int[][] Of(IEnumerable<SchemaPlace> places)
    {
        var all = Anything;
        foreach (var place in places)
        {
            all = Product(place, "allOf", all, Of(place));
        }

        return all;
    }

    private int[][] Of(SchemaPlace place)
    {
        if (place.Element.ValueKind != JsonValueKind.Object)
        {
            return place.Element.ValueKind == JsonValueKind.True ? Anything : [];
        }

        if (_known.TryGetValue(place.Id, out var known))
        {
            return known;
        }

        if (!_open.Add(place.Id) || _open.Count > MostDepth)
        {
            throw place.Error("$ref", "The schema refers to itself with nothing in between: it says nothing.");
        }

        var atom = _reader.Read(place);
        _atoms.Add(place.Id, atom);
        int[][] all = atom.DemandsNothing ? Anything : [[place.Id]];
        foreach (var part in atom.AllOf)
        {
            all = Product(place, "allOf", all, Of(part));
        }

        if (atom.AnyOf.Count > 0)
        {
            all = Product(place, "anyOf", all, [.. atom.AnyOf.SelectMany(Of)]);
        }

        if (atom.OneOf.Count > 0)
        {
            var branches = atom.OneOf.Select(Of).ToList();
            AddExclusions(place, all, branches);
            all = Product(place, "oneOf", all, [.. branches.SelectMany(branch => branch)]);
        }

        _open.Remove(place.Id);
        _known.Add(place.Id, all);
        return all;
    }

    private void AddExclusions(SchemaPlace place, int[][] rest, List<int[][]> branches)
    {
        for (var i = 0; i < branches.Count; i++)
        {
            for (var j = i + 1; j < branches.Count; j++)
            {
                foreach (var both in Product(place, "oneOf", rest, Product(place, "oneOf", branches[i], branches[j])))
                {
                    if (Exclusions.Count == MostPairs)
                    {
                        throw place.Error("oneOf", "There are too many branches to make sure that they exclude each other; use anyOf.");
                    }

                    Exclusions.Add((place, i, j, both));
                }
            }
        }
    }

    private static int[][] Product(SchemaPlace place, string keyword, int[][] first, int[][] second)
    {
        if (first.Length * (long)second.Length > MostAlternatives)
        {
            throw place.Error(keyword, $"What is combined has more than {MostAlternatives} alternatives.");
        }

        var product = new Dictionary<string, int[]>(StringComparer.Ordinal);
        foreach (var a in first)
        {
            foreach (var b in second)
            {
                int[] both = [.. a.Union(b).Order()];
                product.TryAdd(string.Join(',', both), both);
            }
        }

        return [.. product.Values];
    }
}
