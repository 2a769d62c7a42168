using System.CommandLine;

namespace Gateway.Cli;

/// <summary>Runs the command line; a line that was not understood gives <see cref="ExitCode.Usage"/>.</summary>
internal static class CommandRunner
{
    public static async Task<int> RunAsync(RootCommand root, string[] args, InvocationConfiguration? configuration = null)
    {
        var parse = root.Parse(args);

        // Signals are the host's to handle: it gives answers under way more than the two seconds that would be left here.
        var code = await parse.InvokeAsync(configuration ?? new InvocationConfiguration { ProcessTerminationTimeout = null });
        return parse.Errors.Count > 0 ? ExitCode.Usage : code;
    }
}
