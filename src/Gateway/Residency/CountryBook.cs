using Gateway.Configuration;

namespace Gateway.Residency;

/// <summary>What names of countries and groups stand for in one configuration.</summary>
internal sealed class CountryBook
{
    private readonly Dictionary<string, CountrySet> _groups = new(CountryGroups.Known, StringComparer.Ordinal);

    /// <summary>Reads the groups of a configuration; what is wrong with them goes to <paramref name="wrong"/>, with the path of its key.</summary>
    public CountryBook(IReadOnlyList<CountryGroupConfig> groups, Action<string, string>? wrong = null)
    {
        var declared = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < groups.Count; i++)
        {
            var name = groups[i].Name;
            if (CountryGroups.Known.ContainsKey(name) || CountryTable.Contains(name))
            {
                wrong?.Invoke($"country_groups[{i}].name", $"{ConfigText.Quote(name)} is {(CountryTable.Contains(name) ? CountryTable.NameOf(name) : "a group that is known already")}; give the group another name");
            }
            else if (name.Length > 0)
            {
                declared.TryAdd(name, i);
            }
        }

        var reader = new GroupReader(this, groups, declared, wrong);
        foreach (var index in declared.Values)
        {
            reader.Read(index);
        }
    }

    /// <summary>The countries that a list names; null when there is no list, or something in it is unknown.</summary>
    public CountrySet? Read(IReadOnlyList<string>? names, Action<int, string>? wrong = null)
    {
        if (names is null)
        {
            return null;
        }

        var codes = new HashSet<string>(StringComparer.Ordinal);
        var known = true;
        for (var i = 0; i < names.Count; i++)
        {
            if (Find(names[i], out var problem) is { } countries)
            {
                codes.UnionWith(countries.Codes);
            }
            else
            {
                known = false;
                wrong?.Invoke(i, problem!);
            }
        }

        return known ? new CountrySet(codes) : null;
    }

    /// <summary>What is wrong with the code of a single country; null when nothing is.</summary>
    public static string? CheckCountry(string code) => CountryTable.Contains(code) ? null : $"there is no country {ConfigText.Quote(code)} in ISO 3166-1{Meant(code, [])}";

    private CountrySet? Find(string name, out string? problem)
    {
        problem = null;
        if (name == CountryGroups.Ambiguous)
        {
            problem = $"`{name}` {CountryGroups.AmbiguousInWords}";
            return null;
        }

        if (_groups.GetValueOrDefault(name) is { } group)
        {
            return group;
        }

        if (CountryTable.Contains(name))
        {
            return new CountrySet([name]);
        }

        problem = $"there is no country {ConfigText.Quote(name)} in ISO 3166-1, and no group of this name{Meant(name, _groups.Keys)}";
        return null;
    }

    private static string Meant(string name, IReadOnlyCollection<string> groups) =>
        groups.FirstOrDefault(g => g.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } group ? $"; did you mean `{group}`?"
        : CountryTable.Guess(name) is { } code ? $"; did you mean `{code}` ({CountryTable.NameOf(code)})?"
        : name.Length > 2 ? ConfigText.DidYouMean(name, groups)
        : "; codes are of two capital letters, such as BR";

    // Groups may hold groups, in any order.
    private sealed class GroupReader(CountryBook book, IReadOnlyList<CountryGroupConfig> groups, Dictionary<string, int> declared, Action<string, string>? wrong)
    {
        private readonly List<int> _path = [];
        private readonly HashSet<int> _done = [];

        public void Read(int index)
        {
            if (_path.IndexOf(index) is >= 0 and var start)
            {
                var cycle = string.Join(" -> ", _path.Skip(start).Append(index).Select(i => groups[i].Name));
                wrong?.Invoke($"country_groups[{_path[^1]}].members", $"the group contains itself: {cycle}");
                return;
            }

            if (!_done.Add(index))
            {
                return;
            }

            _path.Add(index);
            var group = groups[index];
            foreach (var member in group.Members)
            {
                if (declared.TryGetValue(member, out var inner) && (_path.Contains(inner) || !_done.Contains(inner)))
                {
                    Read(inner);
                }
            }

            // Where something in it is wrong it still has a name, so that the cause is told once.
            book._groups[group.Name] = book.Read(group.Members, (i, problem) =>
            {
                if (!declared.ContainsKey(group.Members[i]))
                {
                    wrong?.Invoke($"country_groups[{index}].members[{i}]", problem);
                }
            }) ?? CountrySet.Empty;
            _path.RemoveAt(_path.Count - 1);
        }
    }
}
