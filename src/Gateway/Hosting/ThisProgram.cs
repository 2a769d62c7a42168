using System.Diagnostics;
using System.Reflection;

namespace Gateway.Hosting;

/// <summary>This program, to be started once more beside this process.</summary>
internal static class ThisProgram
{
    private static readonly Assembly Gateway = typeof(ThisProgram).Assembly;

    /// <summary>Whether this process was started as the gateway, not as another program that hosts it.</summary>
    public static bool IsThisProcess => Assembly.GetEntryAssembly() == Gateway;

    /// <summary>How to start it with these arguments; null where nothing can run it.</summary>
    public static ProcessStartInfo? StartWith(params IEnumerable<string> arguments)
    {
        var program = Environment.ProcessPath;
        if (string.Equals(Path.GetFileNameWithoutExtension(program), "dotnet", StringComparison.OrdinalIgnoreCase))
        {
            return new ProcessStartInfo(program!, [Gateway.Location, .. arguments]);
        }

        return IsThisProcess && program is not null ? new ProcessStartInfo(program, arguments) : null;
    }
}
