using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Llama;
using Gateway.Llama.Gguf;
using Gateway.Llama.Loading;

namespace Gateway.Cli;

/// <summary><c>gateway models inspect</c>: what a GGUF file holds, what it takes of memory, and everything that is wrong with it.</summary>
internal static class InspectCommand
{
    // The default encoder writes all but ASCII as \uNNNN: what a file says cannot steer the terminal.
    private static readonly JsonSerializerOptions JsonOptions = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        NewLine = "\n",
    };

    public static Command Create()
    {
        var file = ModelsCommand.FileArgument("FILE.gguf", "The model, or the LoRA adapter.");
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        var model = new Option<string?>("--model") { Description = "The model that an adapter is for: checks that it fits.", HelpName = "MODEL.gguf" };
        var context = new Option<int?>("--context") { Description = "Tokens of one request, for the memory need. Default: as the gateway takes it.", HelpName = "TOKENS" };
        var parallel = new Option<int?>("--parallel") { Description = "Requests decoded at a time, for the memory need.", HelpName = "REQUESTS" };
        var cacheType = new Option<KVCacheType?>("--cache-type")
        {
            Description = "How keys and values are cached, for the memory need: f16 (default), q8_0 or q4_0.",
            HelpName = "TYPE",
            CustomParser = ReadCacheType,
        };
        var skip = new Option<bool>("--skip-weights") { Description = "Do not read the weights; of a large file that takes long." };
        var command = new Command("inspect", "Show what a GGUF file holds, the memory it takes, and every problem. Exit code 1 when it would not be loaded.")
        {
            file, json, model, context, parallel, cacheType, skip,
        };
        command.Validators.Add(result =>
        {
            Demand(result, context, 1, LlamaEngineOptions.MostCells);
            Demand(result, parallel, 1, LlamaEngineOptions.MostSequences);
        });
        command.SetAction((parse, cancellationToken) =>
        {
            var options = new LlamaEngineOptions { ModelPath = parse.GetValue(file)!, ContextLength = parse.GetValue(context) };
            options = options with { MaxSequences = parse.GetValue(parallel) ?? options.MaxSequences, KVCacheType = parse.GetValue(cacheType) ?? options.KVCacheType };
            return Task.FromResult(Run(options, parse.GetValue(model), parse.GetValue(json), !parse.GetValue(skip), parse.InvocationConfiguration, cancellationToken));
        });
        return command;
    }

    private static void Demand(System.CommandLine.Parsing.CommandResult result, Option<int?> option, int least, int most)
    {
        if (result.GetResult(option)?.Errors.Any() == false && result.GetValue(option) is { } value && (value < least || value > most))
        {
            result.AddError($"{option.Name} must be {least} to {most}, not {value}.");
        }
    }

    private static KVCacheType? ReadCacheType(System.CommandLine.Parsing.ArgumentResult result)
    {
        var words = Configuration.ConfigWords.Of(typeof(KVCacheType));
        if (words.TryGetValue(result.Tokens[0].Value, out var type))
        {
            return (KVCacheType)type;
        }

        result.AddError($"--cache-type must be one of {string.Join(", ", words.Keys)}.");
        return null;
    }

    private static int Run(
        LlamaEngineOptions options, string? modelPath, bool asJson, bool readWeights, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        if (Open(options.ModelPath, console.Error) is not { } file)
        {
            return ExitCode.Failed;
        }

        using (file)
        {
            using var model = modelPath is null ? null : Open(modelPath, console.Error);
            if (modelPath is not null && model is null)
            {
                return ExitCode.Failed;
            }

            var summary = ModelSummary.Of(file);
            var isAdapter = string.Equals(summary.Type, "adapter", StringComparison.Ordinal);
            var problems = isAdapter
                ? GgufChecker.CheckAdapter(file, model, readWeights, cancellationToken)
                : GgufChecker.CheckModel(file, readWeights, cancellationToken);
            var report = new InspectReport(
                options.ModelPath, problems.Count == 0, summary, isAdapter || problems.Count > 0 ? null : MemoryEstimate.Of(file, options), problems);
            if (asJson)
            {
                console.Output.WriteLine(report.ToJson(JsonOptions).ToJsonString(JsonOptions));
            }
            else
            {
                report.Write(console.Output);
            }

            return report.Loadable ? ExitCode.Ok : ExitCode.Failed;
        }
    }

    private static GgufFile? Open(string path, TextWriter error)
    {
        try
        {
            return GgufFile.Open(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            error.WriteLine($"{path}: the file does not exist");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"{path}: the file cannot be read: {e.Message}");
        }

        return null;
    }
}
