using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>Filters that give a generator: nothing in them runs until somebody walks over it, as in Python.</summary>
internal static class SelectionFilters
{
    public static FilterTable All { get; } = new()
    {
        { "map", (state, value, arguments) => new IteratorValue(Map(state, value, arguments)) },
        { "select", (state, value, arguments) => Select(state, value, arguments, wanted: true, byAttribute: false) },
        { "reject", (state, value, arguments) => Select(state, value, arguments, wanted: false, byAttribute: false) },
        { "selectattr", (state, value, arguments) => Select(state, value, arguments, wanted: true, byAttribute: true) },
        { "rejectattr", (state, value, arguments) => Select(state, value, arguments, wanted: false, byAttribute: true) },
        { "unique", "case_sensitive=, attribute=", (state, value, a) => new IteratorValue(Unique(state, value, a)) },
        { "items", "", (state, value, _) => new IteratorValue(Items(state, value)) },
        { "batch", "linecount, fill_with=", (state, value, a) => new IteratorValue(Batch(state, value, a)) },
        { "slice", "slices, fill_with=", (state, value, a) => new IteratorValue(Slice(state, value, a)) },
    };

    private static IEnumerator<Value> Map(RenderState state, Value value, Arguments arguments)
    {
        if (!value.IsTrue)
        {
            yield break;
        }
        var map = PrepareMap(state, arguments);
        var items = value.Iterate(state);
        while (items.MoveNext())
        {
            state.Step();
            yield return map(items.Current);
        }
    }

    private static Func<Value, Value> PrepareMap(RenderState state, Arguments arguments)
    {
        if (arguments.Positional.Length == 0 && Array.Exists(arguments.Named, argument => argument.Key is "attribute"))
        {
            var bound = new Signature("map", "attribute, default=").Bind(arguments);
            var key = AttributePath.Parse(bound[0]);
            var fallback = bound[1] is NoneValue ? null : bound[1];
            return item => key.Get(state, item, fallback);
        }
        if (arguments.Positional.Length == 0)
        {
            throw TemplateException.Evaluation("map requires a filter argument");
        }
        var name = StringMethods.Text(arguments.Positional[0]);
        var filter = Filters.Find(name.Text) ?? throw TemplateException.Evaluation("map got the name of a filter that does not exist");
        var rest = arguments with { Positional = arguments.Positional[1..] };
        return item => filter(state, item, rest);
    }

    private static IteratorValue Select(RenderState state, Value value, Arguments arguments, bool wanted, bool byAttribute)
    {
        return new(Walk());

        IEnumerator<Value> Walk()
        {
            if (!value.IsTrue)
            {
                yield break;
            }
            var test = PrepareTest(state, arguments, byAttribute);
            var items = value.Iterate(state);
            while (items.MoveNext())
            {
                state.Step();
                if (test(items.Current) == wanted)
                {
                    yield return items.Current;
                }
            }
        }
    }

    private static Func<Value, bool> PrepareTest(RenderState state, Arguments arguments, bool byAttribute)
    {
        var positional = arguments.Positional;
        var key = AttributePath.Parse(null);
        if (byAttribute)
        {
            key = positional.Length > 0
                ? AttributePath.Parse(positional[0])
                : throw TemplateException.Evaluation("missing parameter for attribute name");
            positional = positional[1..];
        }
        if (positional.Length == 0)
        {
            return item => key.Get(state, item).IsTrue;
        }
        var name = StringMethods.Text(positional[0]);
        var test = Tests.Find(name.Text) ?? throw TemplateException.Evaluation("a filter got the name of a test that does not exist");
        var rest = arguments with { Positional = positional[1..] };
        return item => test(state, key.Get(state, item), rest);
    }

    private static IEnumerator<Value> Unique(RenderState state, Value value, Value?[] a)
    {
        var ignoreCase = a[0] is not { IsTrue: true };
        var key = AttributePath.Parse(a[1]);
        var seen = new HashSet<Value>(Equality.Comparer);
        var items = value.Iterate(state);
        while (items.MoveNext())
        {
            state.Step();
            var itemKey = SequenceFilters.FoldCase(state, key.Get(state, items.Current), ignoreCase);
            state.Step(itemKey.Weight);
            if (!itemKey.IsHashable)
            {
                throw TemplateException.Evaluation($"unhashable type: '{itemKey.TypeName}'");
            }
            if (seen.Add(itemKey))
            {
                yield return items.Current;
            }
        }
    }

    private static IEnumerator<Value> Items(RenderState state, Value value)
    {
        if (value is UndefinedValue)
        {
            yield break;
        }
        if (value is not DictValue dict)
        {
            throw TemplateException.Evaluation("can only get item pairs from a mapping");
        }
        foreach (var (key, item) in dict.Items)
        {
            state.Step();
            yield return new TupleValue([key, item]);
        }
    }

    private static IEnumerator<Value> Batch(RenderState state, Value value, Value?[] a)
    {
        var size = StringMethods.Integer(a[0], 0);
        var batch = new List<Value>();
        var items = value.Iterate(state);
        while (items.MoveNext())
        {
            state.Step();
            if (batch.Count == size)
            {
                yield return new ListValue([.. batch]);
                batch.Clear();
            }
            state.AllocateNewItem();
            batch.Add(items.Current);
        }
        if (batch.Count > 0)
        {
            if (a[1] is not (null or NoneValue))
            {
                Fill(state, batch, size, a[1]!);
            }
            yield return new ListValue([.. batch]);
        }
    }

    private static void Fill(RenderState state, List<Value> batch, long size, Value filler)
    {
        state.AllocateItems(Math.Max(size - batch.Count, 0));
        while (batch.Count < size)
        {
            batch.Add(filler);
        }
    }

    private static IEnumerator<Value> Slice(RenderState state, Value value, Value?[] a)
    {
        var slices = StringMethods.Integer(a[0], 0);
        var items = value.ToList(state);
        if (slices == 0)
        {
            throw TemplateException.Evaluation("integer division or modulo by zero");
        }
        var (size, longer) = ((int)(items.Count / slices), items.Count % slices);
        var start = 0;
        for (var i = 0; i < slices; i++)
        {
            state.Step();
            var count = size + (i < longer ? 1 : 0);
            var slice = items.GetRange(start, count);
            start += count;
            if (i >= longer && a[1] is not (null or NoneValue))
            {
                slice.Add(a[1]!);
            }
            yield return new ListValue([.. slice]);
        }
    }
}
