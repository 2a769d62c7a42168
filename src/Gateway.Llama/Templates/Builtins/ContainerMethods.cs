using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>Methods of lists and tuples. Those that would change a list are not given to templates.</summary>
internal static class SequenceMethods
{
    private static readonly MethodTable<SequenceValue> Common = new()
    {
        {
            "count", "value", (state, self, a) =>
            {
                state.Step(self.Weight);
                return IntValue.Of(self.Items.Count(item => Equality.AreSame(item, a[0]!)));
            }
        },
        {
            "index", "value, start=, stop=", (state, self, a) =>
            {
                state.Step(self.Weight);
                var slice = PythonSlice.Of(a[1], a[2], null, self.Items.Length);
                var index = Array.FindIndex(self.Items, slice.Start, slice.Count, item => Equality.AreSame(item, a[0]!));
                return index >= 0 ? IntValue.Of(index) : throw TemplateException.Evaluation("the value is not in the list");
            }
        },
    };

    private static readonly MethodTable<SequenceValue> OfLists = CreateListMethods();

    public static Value? Find(SequenceValue self, string name) =>
        Common.Find(self, name) ?? (self is ListValue ? OfLists.Find(self, name) : null);

    private static MethodTable<SequenceValue> CreateListMethods()
    {
        var methods = new MethodTable<SequenceValue> { { "copy", "", (_, self, _) => self } };
        methods.AddUnsafe("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");
        return methods;
    }
}

/// <summary>Methods of dicts. Those that would change one are not given to templates.</summary>
internal static class DictMethods
{
    private static readonly MethodTable<DictValue> All = Create();

    public static Value? Find(DictValue self, string name) => All.Find(self, name);

    private static MethodTable<DictValue> Create()
    {
        var methods = new MethodTable<DictValue>
        {
            {
                "get", "key, default=", (_, self, a) => a[0]!.IsHashable
                    ? self.Find(a[0]!) ?? a[1] ?? NoneValue.Instance
                    : throw TemplateException.Evaluation($"unhashable type: '{a[0]!.TypeName}'")
            },
            {
                "items", "", (state, self, _) =>
                {
                    state.AllocateItems(self.Items.Length * 3L);
                    return View("dict_items", self, item => new TupleValue([item.Key, item.Value]));
                }
            },
            {
                "keys", "", (state, self, _) =>
                {
                    state.AllocateItems(self.Items.Length);
                    return View("dict_keys", self, item => item.Key);
                }
            },
            {
                "values", "", (state, self, _) =>
                {
                    state.AllocateItems(self.Items.Length);
                    return View("dict_values", self, item => item.Value);
                }
            },
            { "copy", "", (_, self, _) => self },
            {
                "fromkeys", "keys, value=", (state, _, a) => DictValue.Of(
                    [.. a[0]!.ToList(state).Select(key => KeyValuePair.Create(key, a[1] ?? NoneValue.Instance))])
            },
        };
        methods.AddUnsafe("clear", "pop", "popitem", "setdefault", "update");
        return methods;
    }

    private static DictViewValue View(string type, DictValue self, Converter<KeyValuePair<Value, Value>, Value> part) =>
        new(type, new ListValue(Array.ConvertAll(self.Items, part)));
}
