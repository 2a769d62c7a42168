using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Llama.Gguf;
using Gateway.Llama.Templates;

namespace Gateway.Cli;

/// <summary><c>gateway models render</c>: prints what a chat template makes of given variables, by the gateway's own interpreter.</summary>
internal static class RenderCommand
{
    private static readonly JsonSerializerOptions LineOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonDocumentOptions InputOptions = new() { MaxDepth = 512 };

    public static Command Create()
    {
        var template = ModelsCommand.FileArgument("MODEL.gguf|TEMPLATE.jinja", "A model, whose own template is taken, or a template.");
        var inputs = ModelsCommand.FileArgument(
            "INPUTS.json", "An object of the template's variables (messages, tools, add_generation_prompt, bos_token, eos_token ...), or a list of such objects.");
        var now = new Option<DateTimeOffset?>("--now")
        {
            Description = "The time that strftime_now tells, in ISO 8601, such as 2026-01-31T09:30:00; without an offset it is UTC. Default: now.",
            HelpName = "TIME",
            CustomParser = result =>
            {
                if (DateTimeOffset.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
                {
                    return time;
                }

                result.AddError($"--now must be a time in ISO 8601, such as 2026-01-31T09:30:00, not '{result.Tokens[0].Value}'.");
                return null;
            },
        };
        var command = new Command(
            "render",
            "Render a chat template. Of an object the text is printed exactly, with no line end of its own, or the error on the error output with exit code 1. "
            + "Of a list one line of JSON is printed for each, {\"text\":...} or {\"error\":...}, and the exit code is 0. "
            + "A model's own bos_token and eos_token are taken where the variables name none.")
        {
            template, inputs, now,
        };
        command.SetAction((parse, cancellationToken) =>
        {
            var time = parse.GetValue(now) is { } fixedTime ? new FixedTime(fixedTime) : TimeProvider.System;
            return Task.FromResult(Run(parse.GetValue(template)!, parse.GetValue(inputs)!, time, parse.InvocationConfiguration, cancellationToken));
        });
        return command;
    }

    private static int Run(string templatePath, string inputsPath, TimeProvider time, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        JsonDocument inputs;
        ModelTemplate? template;
        GgufProblem? problem;
        var path = inputsPath;
        try
        {
            using (var file = File.OpenRead(path))
            {
                inputs = JsonDocument.Parse(file, InputOptions);
            }

            path = templatePath;
            template = Read(path, out problem);
        }
        catch (JsonException e)
        {
            console.Error.WriteLine($"{path}: not valid JSON: {GgufText.Show(e.Message, longest: 200)}");
            return ExitCode.Failed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            console.Error.WriteLine($"{path}: the file cannot be read: {e.Message}");
            return ExitCode.Failed;
        }

        if (template is null)
        {
            console.Error.WriteLine($"{path}: {problem}");
            return ExitCode.Failed;
        }

        using (inputs)
        {
            var renderer = new Renderer(template, time, cancellationToken);
            return inputs.RootElement.ValueKind == JsonValueKind.Array
                ? PrintLines(renderer, inputs.RootElement, console.Output)
                : PrintText(renderer, inputs.RootElement, path, console);
        }
    }

    private static int PrintText(Renderer renderer, JsonElement variables, string path, InvocationConfiguration console)
    {
        var (text, error) = renderer.Render(variables);
        if (text is null)
        {
            console.Error.WriteLine($"{path}: {error}");
            return ExitCode.Failed;
        }

        console.Output.Write(text);
        return ExitCode.Ok;
    }

    private static int PrintLines(Renderer renderer, JsonElement list, TextWriter output)
    {
        foreach (var variables in list.EnumerateArray())
        {
            var (text, error) = renderer.Render(variables);
            output.WriteLine(text is null ? JsonSerializer.Serialize(new { error }, LineOptions) : JsonSerializer.Serialize(new { text }, LineOptions));
        }

        return ExitCode.Ok;
    }

    // A file is what it begins as, whatever its name.
    private static ModelTemplate? Read(string path, out GgufProblem? problem)
    {
        problem = null;
        using (var file = GgufFile.Open(path))
        {
            if (file.Version > 0)
            {
                return ModelTemplate.Read(file, out problem);
            }
        }

        // A template that is too long is refused by the interpreter; this only bounds what is read for that.
        const int Longest = 16 << 20;
        using var stream = File.OpenRead(path);
        if (stream.Length > Longest)
        {
            problem = new GgufProblem("template", $"the file has {stream.Length} bytes; at most {Longest} are read");
            return null;
        }

        try
        {
            using var reader = new StreamReader(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
            return new ModelTemplate(reader.ReadToEnd(), null, null);
        }
        catch (DecoderFallbackException)
        {
            problem = new GgufProblem("template", "the file is not UTF-8");
            return null;
        }
    }

    private sealed class Renderer
    {
        private readonly ModelTemplate _template;
        private readonly JinjaTemplate? _jinja;
        private readonly TemplateError? _syntaxError;
        private readonly TemplateOptions _options;
        private readonly CancellationToken _cancellationToken;

        public Renderer(ModelTemplate template, TimeProvider time, CancellationToken cancellationToken)
        {
            _template = template;
            _options = TemplateOptions.Default with { TimeProvider = time };
            _cancellationToken = cancellationToken;
            _jinja = JinjaTemplate.TryParse(template.Source, out var jinja, out _syntaxError) ? jinja : null;
        }

        public (string? Text, string? Error) Render(JsonElement variables)
        {
            if (_jinja is null)
            {
                return (null, Show(_syntaxError!));
            }

            using var complete = JsonDocument.Parse(WithTokens(variables), InputOptions);
            return _jinja.TryRender(complete.RootElement, _options, out var prompt, out var error, _cancellationToken)
                ? (prompt.Text, null)
                : (null, Show(error));
        }

        // Put in as text, so that everything else stays as it was written.
        private string WithTokens(JsonElement variables)
        {
            var json = variables.GetRawText();
            if (variables.ValueKind != JsonValueKind.Object)
            {
                return json;
            }

            foreach (var (name, text) in (ReadOnlySpan<(string, string?)>)[("bos_token", _template.BosText), ("eos_token", _template.EosText)])
            {
                if (text is not null && !variables.TryGetProperty(name, out _))
                {
                    json = $"{{\"{name}\":{JsonSerializer.Serialize(text)}{(json.AsSpan(1).TrimStart() is ['}', ..] ? "" : ",")}{json[1..]}";
                }
            }

            return json;
        }

        private static string Show(TemplateError error) => GgufText.Show(error.ToString(), longest: 500);
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone { get; } = TimeZoneInfo.CreateCustomTimeZone("fixed", now.Offset, null, null);

        public override DateTimeOffset GetUtcNow() => now.ToUniversalTime();
    }
}
