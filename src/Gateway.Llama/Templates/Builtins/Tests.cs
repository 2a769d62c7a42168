using System.Collections.Frozen;
using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>jinja2's tests, what may stand after <c>is</c>.</summary>
internal static class Tests
{
    public delegate bool Test(RenderState state, Value value, Arguments arguments);

    private static readonly FrozenDictionary<string, Test> All = new Dictionary<string, Test>(StringComparer.Ordinal)
    {
        ["defined"] = Plain("defined", (_, value) => value is not UndefinedValue),
        ["undefined"] = Plain("undefined", (_, value) => value is UndefinedValue),
        ["none"] = Plain("none", (_, value) => value is NoneValue),
        ["boolean"] = Plain("boolean", (_, value) => value is BoolValue),
        ["true"] = Plain("true", (_, value) => value == BoolValue.True),
        ["false"] = Plain("false", (_, value) => value == BoolValue.False),
        ["integer"] = Plain("integer", (_, value) => value is IntValue),
        ["float"] = Plain("float", (_, value) => value is FloatValue),
        ["number"] = Plain("number", (_, value) => value is IntegerValue or FloatValue),
        ["string"] = Plain("string", (_, value) => value is StringValue),
        ["mapping"] = Plain("mapping", (_, value) => value is DictValue),
        ["sequence"] = Plain("sequence", (_, value) => value is StringValue or SequenceValue or DictValue or RangeValue or UndefinedValue),
        ["iterable"] = Plain("iterable", (state, value) => value.TryIterate(state) is not null || value is LoopValue),
        ["callable"] = Plain("callable", (_, value) => value.IsCallable),
        ["escaped"] = Plain("escaped", (_, value) => value is StringValue { IsMarkup: true }),
        ["lower"] = Plain("lower", (state, value) => CaseMapping.IsLower(value.ToText(state).Text)),
        ["upper"] = Plain("upper", (state, value) => CaseMapping.IsUpper(value.ToText(state).Text)),
        ["odd"] = Plain("odd", (state, value) => IsRemainder(state, value, 2, 1)),
        ["even"] = Plain("even", (state, value) => IsRemainder(state, value, 2, 0)),
        ["filter"] = Plain("filter", (_, value) => value is StringValue name && Filters.Find(name.Text) is not null),
        ["test"] = Plain("test", (_, value) => value is StringValue name && Find(name.Text) is not null),
        ["divisibleby"] = Binary("divisibleby", (state, value, number) =>
            Equality.AreEqual(Arithmetic.Modulo(state, value, number), IntValue.Of(0))),
        ["sameas"] = Binary("sameas", (_, value, other) => IsSame(value, other)),
        ["in"] = Binary("in", Ordering.Contains),
        ["=="] = Comparison("=="),
        ["eq"] = Comparison("=="),
        ["equalto"] = Comparison("=="),
        ["!="] = Comparison("!="),
        ["ne"] = Comparison("!="),
        [">"] = Comparison(">"),
        ["gt"] = Comparison(">"),
        ["greaterthan"] = Comparison(">"),
        [">="] = Comparison(">="),
        ["ge"] = Comparison(">="),
        ["<"] = Comparison("<"),
        ["lt"] = Comparison("<"),
        ["lessthan"] = Comparison("<"),
        ["<="] = Comparison("<="),
        ["le"] = Comparison("<="),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static Test? Find(string name) => All.GetValueOrDefault(name);

    private static Test Plain(string name, Func<RenderState, Value, bool> test) => (state, value, arguments) =>
    {
        if (arguments.Positional.Length + arguments.Named.Length > 0)
        {
            throw TemplateException.Evaluation($"test '{name}' takes no arguments");
        }
        return test(state, value);
    };

    private static Test Binary(string name, Ordering.Comparison test) => (state, value, arguments) =>
        arguments.Positional.Length + arguments.Named.Length == 1
            ? test(state, value, arguments.Positional.Length == 1 ? arguments.Positional[0] : arguments.Named[0].Value)
            : throw TemplateException.Evaluation($"test '{name}' takes one argument");

    private static Test Comparison(string symbol) => Binary(symbol, Ordering.Find(symbol));

    private static bool IsRemainder(RenderState state, Value value, int divisor, int remainder) =>
        Equality.AreEqual(Arithmetic.Modulo(state, value, IntValue.Of(divisor)), IntValue.Of(remainder));

    /// <summary>Python's <c>is</c>: small numbers and equal literals are one object there as well.</summary>
    private static bool IsSame(Value value, Value other) => ReferenceEquals(value, other)
        || (value is StringValue or IntValue && value.GetType() == other.GetType() && Equality.AreEqual(value, other));
}
