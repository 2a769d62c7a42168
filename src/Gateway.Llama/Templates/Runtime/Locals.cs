using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Runtime;

/// <summary>The variables of one call of a function; null is a variable that nothing was assigned to.</summary>
internal sealed class Locals(RenderState state, int slotCount, Locals? parent)
{
    public RenderState State { get; } = state;

    public Locals? Parent { get; } = parent;

    public Value?[] Slots { get; } = new Value?[slotCount];

    /// <summary>The variables of a function around this one.</summary>
    public Locals Outer(int hops)
    {
        var locals = this;
        for (; hops > 0; hops--)
        {
            locals = locals.Parent!;
        }
        return locals;
    }
}

/// <summary>A compiled expression.</summary>
internal delegate Value Evaluator(Locals locals);

/// <summary>A compiled statement or body.</summary>
internal delegate Signal Executor(Locals locals, TextBuilder output);

/// <summary>How a statement ended.</summary>
internal enum Signal
{
    Next,
    Break,
    Continue,
}
