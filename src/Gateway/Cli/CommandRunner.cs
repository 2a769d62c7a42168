using System.CommandLine;

namespace Gateway.Cli;

/// <summary>Runs the command line; a line that was not understood gives <see cref="ExitCode.Usage"/>.</summary>
internal static class CommandRunner
{
    public static async Task<int> RunAsync(RootCommand root, string[] args, InvocationConfiguration? configuration = null)
    {
        var parse = root.Parse(args);
        var code = await parse.InvokeAsync(configuration ?? new InvocationConfiguration());
        return parse.Errors.Count > 0 ? ExitCode.Usage : code;
    }
}
