using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Gateway.Llama.Templates.Builtins;
using Gateway.Llama.Templates.Compilation;
using Gateway.Llama.Templates.Runtime;
using Gateway.Llama.Templates.Syntax;
using Gateway.Llama.Templates.Values;

namespace Gateway.Llama.Templates;

/// <summary>
/// A chat template as GGUF files carry it: Jinja with the settings of Hugging Face transformers (<c>trim_blocks</c>, <c>lstrip_blocks</c>,
/// loop controls, <c>{% generation %}</c>, <c>raise_exception</c>, <c>strftime_now</c>, <c>tojson</c> without HTML escapes). It prints what
/// Python's jinja2 3.1 prints, and fails where that fails. Immutable: threads may share one.
/// </summary>
public sealed class JinjaTemplate
{
    // The longest published ones have some 50,000 characters.
    private const int MaxSourceLength = 1024 * 1024;
    private const string MessagesName = "messages";
    private const string RoleName = "role";

    private readonly Action<RenderState, TextBuilder> _render;

    private JinjaTemplate(Action<RenderState, TextBuilder> render) => _render = render;

    /// <summary>Parses and compiles a template.</summary>
    /// <param name="source">The template.</param>
    /// <param name="template">The template, if it is valid.</param>
    /// <param name="error">What is wrong with it, if it is not valid.</param>
    /// <returns>Whether the template is valid.</returns>
    public static bool TryParse(
        string source, [NotNullWhen(true)] out JinjaTemplate? template, [NotNullWhen(false)] out TemplateError? error)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.Length > MaxSourceLength)
        {
            template = null;
            error = new(TemplateErrorKind.Limit, $"the template is longer than {MaxSourceLength} characters", 1);
            return false;
        }
        try
        {
            template = new(Compiler.Compile(Parser.Parse(source)));
            error = null;
            return true;
        }
        catch (TemplateException exception)
        {
            template = null;
            error = new(exception.Kind, exception.Message, Math.Max(exception.Line, 1));
            return false;
        }
    }

    /// <summary>Renders the template.</summary>
    /// <param name="variables">A JSON object: <c>messages</c>, <c>tools</c>, <c>add_generation_prompt</c>, <c>bos_token</c> and so on.</param>
    /// <param name="options">How to render.</param>
    /// <param name="prompt">The prompt, in which every stretch that came out of a string of <paramref name="variables"/> is marked.</param>
    /// <param name="error">Why there is none.</param>
    /// <param name="cancellationToken">Ends a long render.</param>
    /// <returns>Whether there is a prompt.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public bool TryRender(
        JsonElement variables,
        TemplateOptions options,
        [NotNullWhen(true)] out PromptText? prompt,
        [NotNullWhen(false)] out TemplateError? error,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        RenderState? state = null;
        try
        {
            state = new(ReadVariables(variables, options), options, cancellationToken);
            var output = new TextBuilder(state);
            _render(state, output);
            prompt = output.ToPrompt();
            error = null;
            return true;
        }
        catch (TemplateException exception)
        {
            prompt = null;
            error = new(exception.Kind, exception.Message, exception.Line > 0 ? exception.Line : state?.Line ?? 1);
            return false;
        }
    }

    private static Dictionary<string, Value> ReadVariables(JsonElement variables, TemplateOptions options)
    {
        if (variables.ValueKind != JsonValueKind.Object)
        {
            throw TemplateException.Evaluation("the variables of a template are an object");
        }
        var values = new Dictionary<string, Value>(StringComparer.Ordinal);
        foreach (var property in variables.EnumerateObject())
        {
            var name = JsonReader.ReadName(property);
            values[name] = name is MessagesName && property.Value.ValueKind == JsonValueKind.Array
                ? ReadMessages(property.Value, options)
                : JsonReader.Read(property.Value, options.TrustedVariables.Contains(name) ? Taint.None : Taint.Whole);
        }
        return values;
    }

    private static ListValue ReadMessages(JsonElement messages, TemplateOptions options)
    {
        var items = new List<Value>(messages.GetArrayLength());
        foreach (var message in messages.EnumerateArray())
        {
            if (message.ValueKind != JsonValueKind.Object)
            {
                items.Add(JsonReader.Read(message, Taint.Whole));
                continue;
            }
            var pairs = new List<KeyValuePair<Value, Value>>();
            foreach (var property in message.EnumerateObject())
            {
                var name = JsonReader.ReadName(property);
                var isTrusted = name is RoleName && property.Value.ValueKind == JsonValueKind.String
                    && options.TrustedRoles.Contains(JsonReader.ReadText(property.Value));
                pairs.Add(new(
                    new StringValue(name, Taint.Whole),
                    JsonReader.Read(property.Value, isTrusted ? Taint.None : Taint.Whole)));
            }
            items.Add(DictValue.Of(pairs));
        }
        return new([.. items]);
    }
}
