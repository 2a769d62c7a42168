using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Llama.Grammars;

namespace Gateway.Llama.Chat;

/// <summary>Makes the grammar of an answer: calls in the model's own shape with arguments by the tools' schemas, or JSON as text.</summary>
internal sealed class AnswerGrammar
{
    // Enough for any request that a person makes, and an end for models that would call for ever.
    private const int MostCalls = 8;

    private readonly GrammarBuilder _builder = new();
    private readonly ChatPrompt _prompt;
    private readonly AnswerRules _rules;

    private AnswerGrammar(ChatPrompt prompt, AnswerRules rules)
    {
        _prompt = prompt;
        _rules = rules;
    }

    /// <summary>What binds the answer; null where nothing does, or with an error.</summary>
    public static GrammarConstraint? Create(ChatPrompt prompt, AnswerRules rules, out SchemaError? error)
    {
        // A schema that binds nothing may ask for what a grammar cannot hold: it only has to be one.
        error = rules.MustCall ? null : rules.Tools.Where(t => !t.Strict).Select(FindMalformed).FirstOrDefault(e => e is not null);
        if (error is not null || (!rules.MustCall && !rules.Json && !rules.Tools.Any(t => t.Strict)))
        {
            return null;
        }

        try
        {
            return new AnswerGrammar(prompt, rules).Create();
        }
        catch (SchemaErrorException exception)
        {
            error = exception.Error;
        }
        catch (Exception exception) when (exception is GrammarTooLargeException or ArgumentException)
        {
            // Too large, or of values without an end: in all of them together, so no single place is at fault.
            error = new SchemaError(rules.Tools.Count > 0 ? "tools" : rules.SchemaPath, exception.Message, Keyword: null);
        }

        return null;
    }

    private GrammarConstraint Create()
    {
        if (!_rules.MustCall && !_rules.Json)
        {
            return BindCallsOnly();
        }

        var options = new List<GrammarNode>();
        if (_rules.Json)
        {
            options.Add(Text());
        }

        if (_rules.Tools.Count > 0)
        {
            options.Add(Calls(cut: 0));
        }

        // The thoughts are free, and what follows them is bound.
        var answer = _builder.Choice(options);
        if (_prompt.IsThinking)
        {
            return new GrammarConstraint(_builder.Build(_builder.Sequence(Break(), answer))) { After = _prompt.Reasoning!.Close };
        }

        return new GrammarConstraint(_builder.Build(_prompt.MayThink ? _builder.Sequence(_builder.Choice(_builder.Literal(""), Thoughts()), answer) : answer));
    }

    private static SchemaError? FindMalformed(ChatTool tool)
    {
        try
        {
            return tool.Parameters is not { } parameters || new GrammarBuilder().TrySchema(parameters, tool.Path, out _, out var error) || !error!.IsMalformed ? null : error;
        }
        catch (Exception exception) when (exception is GrammarTooLargeException or ArgumentException)
        {
            return null;
        }
    }

    // The model decides whether it calls; if it does, the call is bound from its mark on.
    private GrammarConstraint BindCallsOnly()
    {
        var shape = _prompt.Shape;
        var opening = shape.Opening;
        var trigger = new Parsing.Mark(opening).Trigger;
        if (trigger.Length > 0)
        {
            return new GrammarConstraint(_builder.Build(Calls(opening.IndexOf(trigger, StringComparison.Ordinal) + trigger.Length))) { After = trigger, Required = false };
        }

        // Calls without a mark are the whole answer, and a text is not one of them.
        var text = _builder.Until(((JsonCallShape)shape).Head);
        var answer = _builder.Choice(Calls(cut: 0), text);
        return _prompt.IsThinking
            ? new GrammarConstraint(_builder.Build(_builder.Sequence(Break(), answer))) { After = _prompt.Reasoning!.Close }
            : new GrammarConstraint(_builder.Build(answer));
    }

    private GrammarNode Text() => _rules.Schema is { } schema ? Schema(_builder, schema, _rules.SchemaPath) : _builder.JsonObject();

    // cut: how much of the opening has come already.
    private GrammarNode Calls(int cut)
    {
        var shape = _prompt.Shape;
        return shape.WriteGrammar(
            _builder, [.. _rules.Tools.Select(t => new CallableTool(t, _rules.MustCall || t.Strict))], _rules.Parallel ? MostCalls : 1, cut);
    }

    private GrammarNode Thoughts()
    {
        var marks = _prompt.Reasoning!;
        return _builder.Sequence(_builder.Literal(marks.Open), _builder.Until(marks.Close), _builder.Literal(marks.Close), Break());
    }

    // What models put between their thoughts and their answer.
    private GrammarNode Break() => _builder.Choice(_builder.Literal(""), _builder.Literal("\n"), _builder.Literal("\n\n"));

    /// <summary>A schema's node.</summary>
    /// <exception cref="SchemaErrorException">It cannot be held.</exception>
    public static GrammarNode Schema(GrammarBuilder builder, JsonElement schema, string path) =>
        builder.TrySchema(schema, path, out var node, out var error) ? node! : throw new SchemaErrorException(error!);

    /// <summary>The arguments of a tool, as one JSON object.</summary>
    public static GrammarNode Arguments(GrammarBuilder builder, CallableTool tool)
    {
        if (tool.Tool.Parameters is not { } parameters)
        {
            return builder.Literal("{}");
        }

        if (!tool.IsBound || parameters.GetPropertyCount() == 0)
        {
            return builder.JsonObject();
        }

        if (parameters.TryGetProperty("type"u8, out _))
        {
            return Schema(builder, parameters, tool.Tool.Path);
        }

        // Arguments are an object even where the schema does not say so.
        var schema = JsonNode.Parse(parameters.GetRawText())!.AsObject();
        schema.Insert(0, "type", "object");
        return Schema(builder, JsonSerializer.SerializeToElement(schema), tool.Tool.Path);
    }
}

/// <summary>A tool, and whether its schema binds a call's arguments.</summary>
internal sealed record CallableTool(ChatTool Tool, bool IsBound);

/// <summary>Ends the making of a grammar.</summary>
internal sealed class SchemaErrorException(SchemaError error) : Exception(error.Message)
{
    public SchemaError Error { get; } = error;
}
