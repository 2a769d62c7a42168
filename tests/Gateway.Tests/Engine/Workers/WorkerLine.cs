using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Engine.Workers;

/// <summary>The processes of workers, by what the log tells of them.</summary>
internal static partial class WorkerLine
{
    /// <summary>Process id of the newest worker of a deployment, once there are this many.</summary>
    public static async Task<int> UpAsync(LogCapture logs, string deployment, int count = 1)
    {
        var lines = new List<LogLine>();
        await Eventually.TrueAsync(
            () =>
            {
                lines = [.. logs.Lines.Where(l => l.Id.Id == 2201 && l.Text.Contains($"Deployment {deployment}:", StringComparison.Ordinal))];
                return lines.Count >= count;
            },
            $"{deployment} has its worker {count}");
        return int.Parse(Id().Match(lines[count - 1].Text).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    public static void Signal(int id, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Ends a process by a signal. The runtime takes the first SIGABRT that comes from outside for itself, and lets the next through, as abort() does.</summary>
    public static Task EndAsync(int id, string signal) => Eventually.TrueAsync(
        () =>
        {
            Signal(id, signal);
            return !Directory.Exists($"/proc/{id}");
        },
        $"the process {id} has ended");

    public static Task GoneAsync(int id) => Eventually.TrueAsync(() => !Directory.Exists($"/proc/{id}"), $"the process {id} has ended");

    [GeneratedRegex("worker process ([0-9]+)")]
    private static partial Regex Id();
}
