namespace Gateway.Llama.Templates.Values;

/// <summary>What a call passes.</summary>
internal readonly record struct Arguments(Value[] Positional, KeyValuePair<string, Value>[] Named)
{
    public static Arguments None { get; } = new([], []);

    /// <summary>The named ones as the items of a dict.</summary>
    public IEnumerable<KeyValuePair<Value, Value>> NamedItems =>
        Named.Select(argument => KeyValuePair.Create<Value, Value>(new StringValue(argument.Key), argument.Value));

    public void RejectNamed(string callee)
    {
        if (Named.Length > 0)
        {
            throw TemplateException.Evaluation($"{callee}() takes no keyword arguments");
        }
    }
}

/// <summary>
/// The parameters of a builtin, written as in Python: <c>"old, new, count="</c>; a <c>/</c> at the end means that none can be passed by
/// name.
/// </summary>
internal sealed class Signature
{
    private readonly string _callee;
    private readonly string[] _names;
    private readonly int _required;
    private readonly bool _isPositionalOnly;

    public Signature(string callee, string parameters)
    {
        _callee = callee;
        var parts = parameters.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        _isPositionalOnly = parts is [.., "/"];
        parts = _isPositionalOnly ? parts[..^1] : parts;
        _names = [.. parts.Select(part => part.TrimEnd('='))];
        _required = parts.Count(part => !part.EndsWith('='));
    }

    /// <summary>One value for each parameter, null where an optional one was not given.</summary>
    public Value?[] Bind(Arguments arguments)
    {
        if (arguments.Positional.Length > _names.Length)
        {
            throw TemplateException.Evaluation(
                $"{_callee}() takes at most {_names.Length} arguments ({arguments.Positional.Length} given)");
        }
        if (_isPositionalOnly)
        {
            arguments.RejectNamed(_callee);
        }
        var bound = new Value?[_names.Length];
        arguments.Positional.CopyTo(bound, 0);
        foreach (var (name, value) in arguments.Named)
        {
            var index = Array.IndexOf(_names, name);
            if (index < 0)
            {
                throw TemplateException.Evaluation($"{_callee}() got an unexpected keyword argument '{name}'");
            }
            if (bound[index] is not null)
            {
                throw TemplateException.Evaluation($"{_callee}() got multiple values for argument '{name}'");
            }
            bound[index] = value;
        }
        for (var i = 0; i < _required; i++)
        {
            if (bound[i] is null)
            {
                throw TemplateException.Evaluation($"{_callee}() missing required argument '{_names[i]}'");
            }
        }
        return bound;
    }
}
