using System.CommandLine;
using Gateway.Configuration;

namespace Gateway.Cli;

/// <summary><c>gateway schema</c>: prints the JSON Schema of <c>gateway.yaml</c>.</summary>
internal static class SchemaCommand
{
    public static Command Create()
    {
        var command = new Command("schema", "Print the JSON Schema of gateway.yaml, for editors.");
        command.SetAction(parse =>
        {
            parse.InvocationConfiguration.Output.Write(ConfigSchema.Create());
            return ExitCode.Ok;
        });
        return command;
    }
}
