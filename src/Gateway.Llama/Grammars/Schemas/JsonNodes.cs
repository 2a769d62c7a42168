namespace Gateway.Llama.Grammars.Schemas;

/// <summary>What every JSON grammar is made of; each node is made once in a builder.</summary>
internal sealed class JsonNodes(GrammarBuilder builder)
{
    private RuleNode? _value;
    private GrammarNode? _object;
    private GrammarNode? _array;
    private GrammarNode? _comma;
    private GrammarNode? _boolean;

    public GrammarNode Value
    {
        get
        {
            if (_value is null)
            {
                _value = builder.Rule();
                _value.Body = builder.Choice(Object, Array, String, Number, Boolean, Null);
            }

            return _value;
        }
    }

    public GrammarNode Object => _object ??= Braces(builder.Choice(builder.Literal(""), Members(Member(String, Value), 0, null)));

    public GrammarNode Array => _array ??= Brackets(builder.Choice(builder.Literal(""), Members(Value, 0, null)));

    public GrammarNode String => builder.Terminal(JsonText.String);

    public GrammarNode Number => builder.Terminal(NumberText.Any);

    public GrammarNode Boolean => _boolean ??= builder.Choice(builder.Literal("true"), builder.Literal("false"));

    public GrammarNode Null => builder.Literal("null");

    public GrammarNode Space => builder.Terminal(JsonText.Space);

    /// <summary>What stands between members: one that follows begins with it.</summary>
    public GrammarNode Comma => _comma ??= builder.Sequence(builder.Literal(","), Space);

    /// <summary>A key, which is written JSON, and its value.</summary>
    public GrammarNode Member(GrammarNode key, GrammarNode value) =>
        builder.Sequence(key, builder.Literal(":"), builder.Terminal(JsonText.OptionalSpace), value);

    /// <summary>A first element and those after it.</summary>
    public GrammarNode Members(GrammarNode element, int leastMore, int? mostMore) =>
        builder.Sequence(element, builder.Repeat(builder.Sequence(Comma, element), leastMore, mostMore));

    public GrammarNode Braces(GrammarNode members) => Wrap("{", members, "}");

    public GrammarNode Brackets(GrammarNode elements) => Wrap("[", elements, "]");

    // Space on both sides; without members it could be on either, which does no harm.
    private GrammarNode Wrap(string open, GrammarNode inner, string close) =>
        builder.Nest(builder.Sequence(builder.Literal(open), Space, inner, Space, builder.Literal(close)));
}
