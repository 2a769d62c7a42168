using System.Runtime.CompilerServices;
using Gateway.Llama.Templates.Builtins;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Runtime;

/// <summary>One render: its variables, and what it has used up of its limits.</summary>
internal sealed class RenderState(Dictionary<string, Value> variables, TemplateOptions options, CancellationToken cancellationToken)
{
    // A search of n characters for m costs n x m in the worst case; one step pays for this much of it.
    private const int SearchPerStep = 4096;
    private const int CancellationEvery = 256;
    private const int CallSteps = 10;

    // In UTF-16 code units, as strings are: 64 bytes of an object and its header, 16 of an element.
    private const int ObjectSize = 32;
    private const int ItemSize = 8;

    private readonly TemplateLimits _limits = options.Limits;
    private long _steps;
    private long _nextCheck;
    private long _allocated;
    private int _callDepth;

    /// <summary>The line that runs now, for errors.</summary>
    public int Line { get; set; } = 1;

    public TimeProvider TimeProvider => options.TimeProvider;

    /// <summary>A name that no scope of the template has set.</summary>
    public Value? Resolve(string name) =>
        variables.TryGetValue(name, out var value) ? value : Globals.All.GetValueOrDefault(name);

    public void Step(long count = 1)
    {
        _steps += count;
        if (_steps >= _nextCheck)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_steps > _limits.MaxSteps)
            {
                throw TemplateException.Limit($"the template takes more than {_limits.MaxSteps} steps");
            }
            _nextCheck = Math.Min(_steps + CancellationEvery, _limits.MaxSteps);
        }
    }

    /// <summary>Pays for looking for <paramref name="needle"/> in a text, before it is done.</summary>
    public void StepSearch(int haystack, int needle) => Step(1 + (long)haystack * Math.Max(needle, 1) / SearchPerStep);

    /// <summary>Pays for reading a value from end to end, if it is a string; lists are paid for by whoever walks over them.</summary>
    public void StepText(Value value)
    {
        if (value is StringValue)
        {
            Step(value.Weight);
        }
    }

    /// <summary>Pays for a string of so many code units, before it is made.</summary>
    public void AllocateText(long length)
    {
        CheckLength(length);
        Allocate(ObjectSize + length);
    }

    /// <summary>Pays for adding to a string of so many code units.</summary>
    public void ExtendText(long length, long added)
    {
        CheckLength(length + added);
        Allocate(added);
    }

    public void CheckLength(long length)
    {
        if (length > _limits.MaxLength)
        {
            throw TemplateException.Limit($"a text of the template is longer than {_limits.MaxLength} characters");
        }
    }

    /// <summary>Pays for a list of so many elements, before it is made.</summary>
    public void AllocateItems(long count) => Allocate(ObjectSize + count * ItemSize);

    /// <summary>Pays for an element that is added to a list together with the value that was made for it.</summary>
    public void AllocateNewItem() => Allocate(ObjectSize + ItemSize);

    /// <summary>Pays for a call into a macro or a recursive loop. Every call needs its <see cref="LeaveCall"/>.</summary>
    public void EnterCall(int slotCount)
    {
        Step(CallSteps + slotCount);
        if (_callDepth >= _limits.MaxCallDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw TemplateException.Limit($"macros of the template call each other more than {_limits.MaxCallDepth} deep");
        }
        _callDepth++;
    }

    public void LeaveCall() => _callDepth--;

    private void Allocate(long size)
    {
        _allocated += size;
        if (_allocated > _limits.MaxAllocated || size < 0)
        {
            throw TemplateException.Limit($"the template makes more than {_limits.MaxAllocated} characters of text");
        }
    }
}
