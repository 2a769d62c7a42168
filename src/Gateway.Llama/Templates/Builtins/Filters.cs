using System.Collections.Frozen;
using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

internal delegate Value Filter(RenderState state, Value value, Arguments arguments);

/// <summary>All filters: jinja2's, with <c>tojson</c> as transformers has it, and <c>from_json</c>.</summary>
internal static class Filters
{
    private static readonly FrozenDictionary<string, Filter> All =
        TextFilters.All
            .Concat(NumberFilters.All)
            .Concat(SequenceFilters.All)
            .Concat(SelectionFilters.All)
            .Concat(JsonFilters.All)
            .ToFrozenDictionary(StringComparer.Ordinal);

    public static Filter? Find(string name) => All.GetValueOrDefault(name);
}

/// <summary>Filters by name, filled by a collection initializer.</summary>
internal sealed class FilterTable : Dictionary<string, Filter>
{
    public FilterTable()
        : base(StringComparer.Ordinal)
    {
    }

    public delegate Value Body(RenderState state, Value value, Value?[] arguments);

    // parameters: those after the value, as Signature takes them.
    public void Add(string name, string parameters, Body body)
    {
        var signature = new Signature(name, parameters);
        Add(name, (state, value, arguments) => body(state, value, signature.Bind(arguments)));
    }

    public void AddUnsupported(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            Add(name, (_, _, _) => throw TemplateException.Unsupported($"the filter '{name}'"));
        }
    }
}
