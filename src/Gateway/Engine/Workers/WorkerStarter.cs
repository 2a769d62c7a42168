using System.Collections.Concurrent;
using System.Diagnostics;

namespace Gateway.Engine.Workers;

/// <summary>
/// Starts processes on one thread that never ends: the kernel's signal to a child of a parent that died goes by the thread that made the child, and threads of the pool
/// end when there is little to do.
/// </summary>
internal static class WorkerStarter
{
    private static readonly BlockingCollection<(Process Process, TaskCompletionSource Started)> Wanted = [];

    static WorkerStarter() => new Thread(Run) { IsBackground = true, Name = "Worker starter" }.Start();

    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    public static Task StartAsync(Process process)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Wanted.Add((process, started));
        return started.Task;
    }

    private static void Run()
    {
        foreach (var (process, started) in Wanted.GetConsumingEnumerable())
        {
            try
            {
                process.Start();
                started.SetResult();
            }
#pragma warning disable CA1031 // Told to whoever waits for it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                started.SetException(e);
            }
        }
    }
}
