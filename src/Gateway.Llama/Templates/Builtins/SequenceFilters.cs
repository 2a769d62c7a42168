using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>Filters that look at a sequence as a whole.</summary>
internal static class SequenceFilters
{
    public static FilterTable All { get; } = new()
    {
        { "length", "", Length },
        { "count", "", Length },
        { "list", "", (state, value, _) => new ListValue([.. value.ToList(state)]) },
        { "default", "default_value=, boolean=", Default },
        { "d", "default_value=, boolean=", Default },
        { "join", "d=, attribute=", Join },
        {
            "first", "", (state, value, _) => value.Iterate(state) is var items && items.MoveNext()
                ? items.Current
                : UndefinedValue.Hint("No first item, sequence was empty.")
        },
        { "last", "", Last },
        { "reverse", "", Reverse },
        { "sort", "reverse=, case_sensitive=, attribute=", Sort },
        { "dictsort", "case_sensitive=, by=, reverse=", DictSort },
        { "min", "case_sensitive=, attribute=", (state, value, a) => Extreme(state, value, a, wantsLess: true) },
        { "max", "case_sensitive=, attribute=", (state, value, a) => Extreme(state, value, a, wantsLess: false) },
        { "sum", "attribute=, start=", Sum },
        { "groupby", "attribute, default=, case_sensitive=", GroupBy },
        { "attr", "name", Attribute },
    };

    private static IntValue Length(RenderState state, Value value, Value?[] a) => value.Length is { } length
        ? IntValue.Of(length)
        : throw TemplateException.Evaluation($"object of type '{value.TypeName}' has no len()");

    private static Value Default(RenderState state, Value value, Value?[] a) =>
        value is UndefinedValue || (a[1] is { IsTrue: true } && !value.IsTrue) ? a[0] ?? StringValue.Empty : value;

    private static StringValue Join(RenderState state, Value value, Value?[] a)
    {
        var separator = a[0]?.ToText(state) ?? StringValue.Empty;
        var key = AttributePath.Parse(a[1]);
        var output = new TextBuilder(state);
        var items = value.Iterate(state);
        for (var isFirst = true; items.MoveNext(); isFirst = false)
        {
            state.Step();
            if (!isFirst)
            {
                output.Append(separator);
            }
            key.Get(state, items.Current).WriteText(output);
        }
        return output.ToValue();
    }

    private static Value Last(RenderState state, Value value, Value?[] a)
    {
        var items = value.TryIterateBackwards(state)
            ?? throw TemplateException.Evaluation($"'{value.TypeName}' object is not reversible");
        return items.MoveNext() ? items.Current : UndefinedValue.Hint("No last item, sequence was empty.");
    }

    private static Value Reverse(RenderState state, Value value, Value?[] a)
    {
        if (value is StringValue)
        {
            return Subscripts.Slice(state, value, null, null, IntValue.Of(-1));
        }
        if (value.TryIterateBackwards(state) is { } items)
        {
            return new IteratorValue(items, "reversed");
        }
        var list = value.ToList(state);
        list.Reverse();
        return new ListValue([.. list]);
    }

    private static ListValue Sort(RenderState state, Value value, Value?[] a)
    {
        var ignoreCase = a[1] is not { IsTrue: true };
        var keys = AttributePath.ParseSeveral(a[2]);
        var sorted = Ordering.Sort(
            state,
            value.ToList(state),
            item => new TupleValue(Array.ConvertAll(keys, key => FoldCase(state, key.Get(state, item), ignoreCase))),
            descending: a[0] is { IsTrue: true });
        return new([.. sorted]);
    }

    private static ListValue DictSort(RenderState state, Value value, Value?[] a)
    {
        var by = a[1] is null ? "key" : StringMethods.Text(a[1]!).Text;
        if (by is not ("key" or "value"))
        {
            throw TemplateException.Evaluation("you can only sort by either \"key\" or \"value\"");
        }
        if (value is not DictValue dict)
        {
            throw value is UndefinedValue undefined
                ? undefined.Error()
                : TemplateException.Evaluation($"'{value.TypeName}' object has no attribute 'items'");
        }
        var ignoreCase = a[0] is not { IsTrue: true };
        var sorted = Ordering.Sort(
            state,
            [.. dict.Items.Select(item => new TupleValue([item.Key, item.Value]))],
            item => FoldCase(state, ((TupleValue)item).Items[by is "key" ? 0 : 1], ignoreCase),
            descending: a[2] is { IsTrue: true });
        return new([.. sorted]);
    }

    private static Value Extreme(RenderState state, Value value, Value?[] a, bool wantsLess)
    {
        var ignoreCase = a[0] is not { IsTrue: true };
        var key = AttributePath.Parse(a[1]);
        Value? best = null;
        Value? bestKey = null;
        var items = value.Iterate(state);
        while (items.MoveNext())
        {
            state.Step();
            var itemKey = FoldCase(state, key.Get(state, items.Current), ignoreCase);
            if (bestKey is null || (wantsLess ? Ordering.IsLess(state, itemKey, bestKey) : Ordering.IsLess(state, bestKey, itemKey)))
            {
                best = items.Current;
                bestKey = itemKey;
            }
        }
        return best ?? UndefinedValue.Hint("No aggregated item, sequence was empty.");
    }

    private static Value Sum(RenderState state, Value value, Value?[] a)
    {
        var key = AttributePath.Parse(a[0]);
        var sum = a[1] ?? IntValue.Of(0);
        if (sum is StringValue)
        {
            throw TemplateException.Evaluation("sum() can't sum strings [use ''.join(seq) instead]");
        }
        var items = value.Iterate(state);
        while (items.MoveNext())
        {
            state.Step();
            sum = Arithmetic.Add(state, sum, key.Get(state, items.Current));
        }
        return sum;
    }

    private static ListValue GroupBy(RenderState state, Value value, Value?[] a)
    {
        var key = AttributePath.Parse(a[0]);
        var ignoreCase = a[2] is not { IsTrue: true };
        var sorted = Ordering.Sort(state, value.ToList(state), FoldedKey, descending: false);
        var groups = new List<Value>();
        for (var start = 0; start < sorted.Count;)
        {
            var groupKey = FoldedKey(sorted[start]);
            var end = start + 1;
            while (end < sorted.Count && Ordering.AreEqual(state, groupKey, FoldedKey(sorted[end])))
            {
                end++;
            }
            groups.Add(new TupleValue([Key(sorted[start]), new ListValue([.. sorted[start..end]])], ["grouper", "list"]));
            start = end;
        }
        return new([.. groups]);

        Value Key(Value item) => key.Get(state, item, a[1] is NoneValue ? null : a[1]);

        Value FoldedKey(Value item) => FoldCase(state, Key(item), ignoreCase);
    }

    private static Value Attribute(RenderState state, Value value, Value?[] a)
    {
        var name = StringMethods.Text(a[0]!);
        return value.GetAttribute(state, name.Text) ?? UndefinedValue.Element(value, name);
    }

    public static Value FoldCase(RenderState state, Value value, bool ignoreCase) =>
        ignoreCase && value is StringValue text ? text.Map(state, CaseMapping.Lower) : value;
}
