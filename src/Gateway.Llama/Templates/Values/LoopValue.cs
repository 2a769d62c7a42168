using Gateway.Llama.Templates.Runtime;

namespace Gateway.Llama.Templates.Values;

/// <summary>The <c>loop</c> variable. It looks ahead only as far as it is asked, as generators have effects.</summary>
internal sealed class LoopValue(
    RenderState state, Value iterable, IEnumerator<Value> items, Func<Value, int, Value>? recurse, int depth) : Value
{
    private IEnumerator<Value> _items = items;
    private Value? _before;
    private Value? _current;
    private Value? _after;
    private bool _ended;
    private int? _length;
    private TupleValue? _lastChanged;
    private int _index = -1;

    public override string TypeName => "LoopContext";

    public override int? Length => Count;

    public override bool IsCallable => true;

    private int Count
    {
        get
        {
            if (_length is null)
            {
                if (iterable.Length is { } known && iterable is not IteratorValue)
                {
                    _length = known;
                }
                else
                {
                    var rest = Drain();
                    _length = _index + 1 + rest.Count + (_after is null ? 0 : 1);
                    _items = rest.GetEnumerator();
                    _ended = false;
                }
            }
            return _length.Value;
        }
    }

    /// <summary>The next element, which is then the current one; null at the end.</summary>
    public Value? Next()
    {
        var next = _after;
        _after = null;
        if (next is null && !TryPull(out next))
        {
            return null;
        }
        _index++;
        _before = _current;
        return _current = next;
    }

    public override Value? GetAttribute(RenderState state, string name)
    {
        switch (name)
        {
            case "index":
                return IntValue.Of(_index + 1);
            case "index0":
                return IntValue.Of(_index);
            case "revindex":
                return IntValue.Of(Count - _index);
            case "revindex0":
                return IntValue.Of(Count - _index - 1);
            case "first":
                return BoolValue.Of(_index == 0);
            case "last":
                return BoolValue.Of(Peek() is null);
            case "length":
                return IntValue.Of(Count);
            case "depth":
                return IntValue.Of(depth + 1);
            case "depth0":
                return IntValue.Of(depth);
            case "previtem":
                return _index == 0 || _before is null ? UndefinedValue.Hint("there is no previous item") : _before;
            case "nextitem":
                return Peek() ?? UndefinedValue.Hint("there is no next item");
            case "cycle":
                return FunctionValue.Of(name, (_, arguments) => arguments.Positional.Length == 0
                    ? throw TemplateException.Evaluation("no items for cycling given")
                    : arguments.Positional[_index % arguments.Positional.Length]);
            case "changed":
                return FunctionValue.Of(name, (_, arguments) => Changed(arguments));
            default:
                return null;
        }
    }

    /// <summary>The body once more over other elements, in a loop marked <c>recursive</c>.</summary>
    public override Value Call(RenderState state, Arguments arguments)
    {
        if (recurse is null)
        {
            throw TemplateException.Evaluation("the loop must have the 'recursive' marker to be called recursively");
        }
        return arguments is { Positional.Length: 1, Named.Length: 0 }
            ? recurse(arguments.Positional[0], depth + 1)
            : throw TemplateException.Evaluation("loop() takes one argument");
    }

    public override void WriteRepr(TextBuilder output)
    {
        output.Append("<LoopContext ");
        IntValue.Of(_index + 1).WriteRepr(output);
        output.Append('/');
        IntValue.Of(Count).WriteRepr(output);
        output.Append('>');
    }

    private BoolValue Changed(Arguments arguments)
    {
        var now = new TupleValue(arguments.Positional);
        if (_lastChanged is not null && Equality.AreEqual(_lastChanged, now))
        {
            return BoolValue.False;
        }
        _lastChanged = now;
        return BoolValue.True;
    }

    private Value? Peek()
    {
        if (_after is null && TryPull(out var next))
        {
            _after = next;
        }
        return _after;
    }

    private bool TryPull(out Value? next)
    {
        next = null;
        if (_ended || !_items.MoveNext())
        {
            _ended = true;
            return false;
        }
        next = _items.Current;
        return true;
    }

    private List<Value> Drain()
    {
        var rest = new List<Value>();
        while (TryPull(out var next))
        {
            state.Step();
            state.AllocateNewItem();
            rest.Add(next!);
        }
        return rest;
    }
}
