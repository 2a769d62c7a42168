namespace Gateway.Llama.Templates.Compilation;

/// <summary>
/// A function of Python that jinja2 would generate: the template itself, a macro, the body of a call block, the test of a loop. It owns
/// the variables of the scopes in it; functions within see them as they are at the time.
/// </summary>
internal sealed class FunctionLayout(FunctionLayout? parent)
{
    private readonly Dictionary<(int Level, string Name), int> _slots = [];

    public FunctionLayout? Parent { get; } = parent;

    public int SlotCount => _slots.Count;

    public Variable Variable(int level, string name)
    {
        if (!_slots.TryGetValue((level, name), out var slot))
        {
            slot = _slots.Count;
            _slots.Add((level, name), slot);
        }
        return new(this, slot);
    }
}

/// <summary>A place that holds a value at run time.</summary>
internal readonly record struct Variable(FunctionLayout Owner, int Slot);

internal enum LoadKind
{
    /// <summary>Set by whoever enters the scope.</summary>
    Parameter,

    /// <summary>Looked up among the template's inputs and globals.</summary>
    Resolve,

    /// <summary>Copied from the scope around.</summary>
    Alias,

    /// <summary>Missing until something is assigned.</summary>
    Undefined,
}

/// <summary>What a variable holds when its scope is entered.</summary>
internal readonly record struct Load(LoadKind Kind, string? Name = null, Variable Source = default);

/// <summary>
/// The names of one scope. A port of the rules of jinja2's <c>idtracking.Symbols</c>, because its scoping shows in what templates print:
/// a name set in a loop starts with the outer value in every turn, an inner scope sees an outer name that is set later, and so on.
/// </summary>
internal sealed class Symbols
{
    private readonly Dictionary<string, Variable> _variables;
    private readonly HashSet<string> _stores;
    private readonly int _level;

    public Symbols(Symbols? parent, FunctionLayout function)
    {
        Parent = parent;
        Function = function;
        _level = parent is null ? 0 : parent._level + 1;
        _variables = new(StringComparer.Ordinal);
        _stores = new(StringComparer.Ordinal);
        Loads = [];
    }

    private Symbols(Symbols other)
    {
        Parent = other.Parent;
        Function = other.Function;
        _level = other._level;
        _variables = new(other._variables, StringComparer.Ordinal);
        _stores = new(other._stores, StringComparer.Ordinal);
        Loads = new(other.Loads);
    }

    public Symbols? Parent { get; }

    public FunctionLayout Function { get; }

    public Dictionary<Variable, Load> Loads { get; }

    public Symbols Copy() => new(this);

    public Variable? Find(string name) => _variables.TryGetValue(name, out var variable) ? variable : Parent?.Find(name);

    /// <summary>Notes that something is assigned to the name.</summary>
    public void Store(string name)
    {
        _stores.Add(name);
        if (!_variables.ContainsKey(name))
        {
            Define(name, Parent?.Find(name) is { } outer ? new(LoadKind.Alias, Source: outer) : new(LoadKind.Undefined));
        }
    }

    public Variable DeclareParameter(string name)
    {
        _stores.Add(name);
        return Define(name, new(LoadKind.Parameter));
    }

    /// <summary>Notes that the name is read.</summary>
    public void Read(string name)
    {
        if (Find(name) is null)
        {
            Define(name, new(LoadKind.Resolve, name));
        }
    }

    /// <summary>Takes over what the branches of an if have noted, any of which may not run.</summary>
    public void Merge(params ReadOnlySpan<Symbols> branches)
    {
        var stores = new HashSet<string>(StringComparer.Ordinal);
        foreach (var branch in branches)
        {
            stores.UnionWith(branch._stores);
        }
        stores.ExceptWith(_stores);
        foreach (var branch in branches)
        {
            foreach (var (name, variable) in branch._variables)
            {
                _variables[name] = variable;
            }
            foreach (var (variable, load) in branch.Loads)
            {
                Loads[variable] = load;
            }
            _stores.UnionWith(branch._stores);
        }
        foreach (var name in stores)
        {
            Loads[Find(name)!.Value] = Parent?.Find(name) is { } outer
                ? new(LoadKind.Alias, Source: outer)
                : new(LoadKind.Resolve, name);
        }
    }

    private Variable Define(string name, Load load)
    {
        var variable = Function.Variable(_level, name);
        _variables[name] = variable;
        Loads[variable] = load;
        return variable;
    }
}
