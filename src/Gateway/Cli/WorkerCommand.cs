using System.CommandLine;
using Gateway.Engine.Workers;

namespace Gateway.Cli;

/// <summary><c>gateway worker</c>: hosts a model for the gateway that starts it; nothing for a person, so it is not in the help.</summary>
internal static class WorkerCommand
{
    public static Command Create()
    {
        var command = new Command("worker", "Host a model for the gateway that started this process.") { Hidden = true };
        command.SetAction((_, _) => WorkerProgram.RunAsync());
        return command;
    }
}
