using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Configuration;
using Gateway.Hosting;

namespace Gateway.Cli;

/// <summary><c>gateway check</c>: says whether a configuration file could be served, without serving it.</summary>
internal static class CheckCommand
{
    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <param name="environment">As for <see cref="ConfigLoader.Load"/>.</param>
    public static Command Create(Func<string, string?>? environment = null)
    {
        var file = new Argument<string>("file")
        {
            Description = "The configuration file.",
            DefaultValueFactory = _ => GatewayHost.DefaultConfigFile,
        };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        var command = new Command("check", "Check a configuration file: every error with its line, without starting anything.") { file, json };
        file.Validators.Add(result =>
        {
            var path = result.GetValueOrDefault<string>();
            if (string.IsNullOrWhiteSpace(path))
            {
                result.AddError("The path of the file is empty.");
            }
            else if (path.StartsWith('-'))
            {
                // System.CommandLine takes an unknown option for the argument.
                result.AddError($"There is no option {path}; a file of that name is ./{path}");
            }
        });
        command.SetAction(parse =>
        {
            var result = ConfigLoader.Load(parse.GetValue(file)!, environment);
            var (output, error) = (parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error);
            if (parse.GetValue(json))
            {
                output.WriteLine(JsonSerializer.Serialize(new { result.File, result.Success, result.Errors, result.Warnings }, JsonOptions));
            }
            else
            {
                Print(result, output, error);
            }

            return result.Success ? ExitCode.Ok : ExitCode.Failed;
        });
        return command;
    }

    private static void Print(LoadResult result, TextWriter output, TextWriter error)
    {
        foreach (var problem in result.Errors)
        {
            error.WriteLine(problem.ToString());
        }

        foreach (var warning in result.Warnings)
        {
            error.WriteLine((warning with { Message = "warning: " + warning.Message }).ToString());
        }

        if (result.Config is { } config)
        {
            output.WriteLine($"{result.File}: OK ({Count(config.Models.Count, "model")}, {Count(config.Deployments.Count, "deployment")}, {Count(config.Tenants.Count, "tenant")})");
        }
    }

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
