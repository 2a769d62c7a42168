using Gateway.Llama.Grammars;

namespace Gateway.Llama.Chat;

/// <summary>A call in a notation close to code: the arguments that are required, and any of the others, in the schema's order.</summary>
internal sealed class CodeArgumentsGrammar(GrammarBuilder builder, CodeCallShape shape, CallableTool tool)
{
    public GrammarNode Write()
    {
        var parameters = new ArgumentSchemas(tool.Tool);
        GrammarNode rest = builder.Literal(shape.Close), restAfterFirst = rest;

        // From the last to the first: a separator only stands behind an argument.
        foreach (var (key, schema, isRequired) in parameters.All().Reverse())
        {
            var argument = builder.Sequence(builder.Literal(key + shape.KeyEnd), AnswerGrammar.Schema(builder, schema, parameters.PathOf(key)));
            var taken = builder.Sequence(argument, restAfterFirst);
            var takenNext = builder.Sequence(builder.Literal(shape.ArgumentSeparator), taken);
            (rest, restAfterFirst) = isRequired
                ? (taken, takenNext)
                : (builder.Choice(taken, rest), builder.Choice(takenNext, restAfterFirst));
        }

        return builder.Sequence(builder.Literal(tool.Tool.Name + shape.Open), rest);
    }
}
