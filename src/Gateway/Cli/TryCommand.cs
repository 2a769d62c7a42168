using System.CommandLine;
using Gateway.Llama;
using Gateway.Llama.Gguf;
using Gateway.Llama.Loading;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Cli;

/// <summary>
/// <c>gateway models try</c>: loads a model and lets it answer, in this process, which libllama ends where the file makes it fail. The gateway
/// runs it before it loads a file of which it does not know.
/// </summary>
internal static class TryCommand
{
    private const int FewTokens = 256;
    private const string Text = "Hello! Zażółć gęślą jaźń 123 <|x|>\n\t你好 😀.";

    public static Command Create()
    {
        var file = ModelsCommand.FileArgument("FILE.gguf", "The model.");
        var command = new Command("try", "Load a model and let it answer with a few tokens. Exit code 0 when it can be served, 1 when it is refused; libllama may end the process.") { file };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var console = parse.InvocationConfiguration;
            try
            {
                await RunAsync(parse.GetValue(file)!, cancellationToken);
                await console.Output.WriteLineAsync("It loads and answers.");
                return ExitCode.Ok;
            }
            catch (LlamaLoadException e)
            {
                await console.Error.WriteLineAsync(e.Message);
                return ExitCode.Failed;
            }
        });
        return command;
    }

    private static async Task RunAsync(string path, CancellationToken cancellationToken)
    {
        var options = new LlamaEngineOptions { ModelPath = path, MaxSequences = 2, Threads = 1 };
        if (ContextOf(path, options) is { } context)
        {
            options = options with { ContextLength = Math.Min(context, FewTokens) };
        }

        await using var engine = await LlamaEngine.LoadAsync(options, NullLoggerFactory.Instance, null, cancellationToken);
        var limit = engine.Info.ContextLength;
        int[] tokens = [.. engine.Tokenize(Text, addSpecial: true, parseSpecial: true).Concat([0]).Take(Math.Max(1, limit / 2))];
        engine.Detokenize(tokens, special: true);
        if (engine.Info.Task == ModelTask.Generate)
        {
            engine.TrySubmit(new GenerationRequest { Prompt = tokens, MaxTokens = 3 }, cancellationToken, out var generation);
            while (!(await generation!.ReadAsync(cancellationToken)).IsLast)
            {
            }
        }
        else if (engine.Info.Task != ModelTask.None && engine.TryComputeVectors([tokens, tokens[..1]], cancellationToken, out var vectors))
        {
            await vectors;
        }
    }

    // A file that cannot be read so far is refused by the load, with the reason.
    private static int? ContextOf(string path, LlamaEngineOptions options)
    {
        try
        {
            using var file = GgufFile.Open(path);
            return MemoryEstimate.Of(file, options).ContextLength is > 0 and var context ? context : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
