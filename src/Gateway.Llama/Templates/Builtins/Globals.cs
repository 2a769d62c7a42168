using System.Collections.Frozen;
using System.Numerics;
using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates.Builtins;

/// <summary>jinja2's global functions, and the two that Hugging Face transformers adds for chat templates.</summary>
internal static class Globals
{
    public static FrozenDictionary<string, Value> All { get; } = new Dictionary<string, Value>(StringComparer.Ordinal)
    {
        ["range"] = FunctionValue.Of("range", Range),
        ["dict"] = FunctionValue.Of("dict", (state, arguments) => DictOf(state, arguments)),
        ["namespace"] = FunctionValue.Of("namespace", Namespace),
        ["cycler"] = FunctionValue.Of("cycler", Cycler),
        ["joiner"] = FunctionValue.Of("joiner", "sep=", (_, arguments) => new JoinerValue(arguments[0] ?? new StringValue(", "))),
        ["lipsum"] = FunctionValue.Of("lipsum", (_, _) => throw TemplateException.Unsupported("lipsum()")),
        ["raise_exception"] = FunctionValue.Of("raise_exception", "message", RaiseException),
        ["strftime_now"] = FunctionValue.Of("strftime_now", "format", StrftimeNow),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static Value Range(RenderState state, Arguments arguments)
    {
        arguments.RejectNamed("range");
        var numbers = Array.ConvertAll(arguments.Positional, value => value switch
        {
            IntegerValue integer => integer.Number,
            UndefinedValue undefined => throw undefined.Error(),
            _ => throw TemplateException.Evaluation($"'{value.TypeName}' object cannot be interpreted as an integer"),
        });
        return numbers.Length switch
        {
            1 => RangeValue.Of(0, numbers[0], BigInteger.One),
            2 => RangeValue.Of(numbers[0], numbers[1], BigInteger.One),
            3 => RangeValue.Of(numbers[0], numbers[1], numbers[2]),
            _ => throw TemplateException.Evaluation($"range expected 1 to 3 arguments, got {numbers.Length}"),
        };
    }

    private static DictValue DictOf(RenderState state, Arguments arguments)
    {
        var items = new List<KeyValuePair<Value, Value>>();
        switch (arguments.Positional)
        {
            case []:
                break;
            case [DictValue dict]:
                items.AddRange(dict.Items);
                break;
            case [var pairs]:
                foreach (var pair in pairs.ToList(state))
                {
                    var parts = pair.ToList(state);
                    items.Add(parts.Count == 2
                        ? new(parts[0], parts[1])
                        : throw TemplateException.Evaluation($"a pair of dict() has {parts.Count} elements; 2 are required"));
                }
                break;
            default:
                throw TemplateException.Evaluation($"dict expected at most 1 argument, got {arguments.Positional.Length}");
        }
        items.AddRange(arguments.NamedItems);
        state.AllocateItems(items.Count * 2);
        return DictValue.Of(items);
    }

    private static NamespaceValue Namespace(RenderState state, Arguments arguments)
    {
        var attributes = new Dictionary<string, Value>(StringComparer.Ordinal);
        foreach (var (key, value) in DictOf(state, arguments).Items)
        {
            if (key is StringValue name)
            {
                attributes[name.Text] = value;
            }
        }
        return new(attributes);
    }

    private static CyclerValue Cycler(RenderState state, Arguments arguments)
    {
        arguments.RejectNamed("cycler");
        return arguments.Positional.Length == 0
            ? throw TemplateException.Evaluation("at least one item has to be provided")
            : new(arguments.Positional);
    }

    private static Value RaiseException(RenderState state, Value?[] arguments)
    {
        var message = arguments[0]!.ToText(state);
        throw new TemplateException(TemplateErrorKind.Raised, Redact(message));
    }

    /// <summary>The message without caller's text, which must not get to a log.</summary>
    private static string Redact(StringValue message)
    {
        const string Mask = "…";

        if (message.Taint.IsWhole)
        {
            return Mask;
        }
        var text = message.Text;
        for (var i = message.Taint.Spans.Length - 1; i >= 0; i--)
        {
            var span = message.Taint.Spans[i];
            text = text.Remove(span.Start, span.Length).Insert(span.Start, Mask);
        }
        return text;
    }

    private static StringValue StrftimeNow(RenderState state, Value?[] arguments)
    {
        if (arguments[0] is not StringValue format)
        {
            throw TemplateException.Evaluation($"strftime() argument 1 must be str, not {arguments[0]!.TypeName}");
        }
        state.Step(format.Text.Length);
        return format.Map(state, text => StrftimeFormat.Format(text, state.TimeProvider.GetLocalNow()));
    }
}
