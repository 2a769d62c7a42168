using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Compilation;

/// <summary>The scope that is being compiled.</summary>
// IsSoft: whether it is the inside of an if: there an unknown filter fails only when it is reached, elsewhere the template is refused.
internal sealed record Frame(Symbols Symbols, bool IsSoft)
{
    public FunctionLayout Function => Symbols.Function;

    public Frame Inner(FunctionLayout? function = null) => new(new Symbols(Symbols, function ?? Function), IsSoft: false);

    public Frame Soft() => IsSoft ? this : this with { IsSoft = true };

    /// <summary>Where a name of this scope lives: how many functions out, and in which slot.</summary>
    public (int Hops, int Slot) Locate(string name) => Locate(Symbols.Find(name)!.Value);

    public (int Hops, int Slot) Locate(Variable variable)
    {
        var hops = 0;
        for (var function = Function; function != variable.Owner; function = function!.Parent)
        {
            hops++;
        }
        return (hops, variable.Slot);
    }

    /// <summary>What happens when the scope is entered: its variables get the values that they start with.</summary>
    public Action<Locals> CompileEntry()
    {
        var steps = new List<Action<Locals>>();
        foreach (var (variable, load) in Symbols.Loads)
        {
            var slot = variable.Slot;
            switch (load.Kind)
            {
                case LoadKind.Resolve:
                    var name = load.Name!;
                    steps.Add(locals => locals.Slots[slot] = locals.State.Resolve(name));
                    break;
                case LoadKind.Alias:
                    var (hops, source) = Locate(load.Source);
                    steps.Add(locals => locals.Slots[slot] = locals.Outer(hops).Slots[source]);
                    break;
                case LoadKind.Undefined:
                    steps.Add(locals => locals.Slots[slot] = null);
                    break;
            }
        }
        var compiled = steps.ToArray();
        return compiled.Length == 0 ? static _ => { }
        : locals =>
        {
            locals.State.Step(compiled.Length);
            foreach (var step in compiled)
            {
                step(locals);
            }
        };
    }

    public Evaluator CompileRead(string name)
    {
        var (hops, slot) = Locate(name);
        var undefined = UndefinedValue.Variable(name);
        return hops == 0
            ? locals => locals.Slots[slot] ?? undefined
            : locals => locals.Outer(hops).Slots[slot] ?? undefined;
    }

    public Action<Locals, Value> CompileWrite(string name)
    {
        var (hops, slot) = Locate(name);
        return hops == 0
            ? (locals, value) => locals.Slots[slot] = value
            : (locals, value) => locals.Outer(hops).Slots[slot] = value;
    }
}
