using System.CommandLine;
using System.Text.Json;
using Gateway.Admin;
using Gateway.Configuration;
using Gateway.Hosting;

namespace Gateway.Cli;

/// <summary>Where a command that works on a configuration writes.</summary>
/// <param name="Output">Results.</param>
/// <param name="Error">What went wrong.</param>
/// <param name="Json">Whether results are JSON.</param>
internal sealed record ConfigConsole(TextWriter Output, TextWriter Error, bool Json)
{
    private static readonly JsonSerializerOptions Indented = new(AdminJson.Options) { WriteIndented = true, NewLine = "\n" };

    public void Write<T>(T value, Func<T, string> text) => Output.WriteLine(Json ? JsonSerializer.Serialize(value, Indented) : text(value));
}

internal static class ConfigCommand
{
    /// <summary>Gives a command the options and the action of one that works on a configuration alone.</summary>
    public static Command OnConfig(this Command command, Func<ParseResult, GatewayConfig, ConfigConsole, int> run)
    {
        var config = new Option<string?>("--config") { Description = $"The configuration file. Default: {GatewayHost.ConfigVariable}, else ./{GatewayHost.DefaultConfigFile}.", HelpName = "FILE" };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        command.Options.Add(config);
        command.Options.Add(json);
        command.SetAction(parse =>
        {
            var console = new ConfigConsole(parse.InvocationConfiguration.Output, parse.InvocationConfiguration.Error, parse.GetValue(json));
            try
            {
                var settings = new ConfigurationBuilder().AddEnvironmentVariables().Build();
                return run(parse, StartupConfig.Load(parse.GetValue(config) ?? settings[GatewayHost.ConfigVariable], settings).Config, console);
            }
            catch (StartupException e)
            {
                console.Error.WriteLine(e.Message);
                return ExitCode.Failed;
            }
        });
        return command;
    }
}
