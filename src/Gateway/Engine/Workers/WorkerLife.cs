using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Gateway.Engine.Workers;

/// <summary>Binds a worker's life to the gateway's: it ends with it, however that ends, and by nothing else that asks it to.</summary>
internal static partial class WorkerLife
{
    private const int SetParentDeathSignal = 1;
    private const nuint SigKill = 9;

    private static readonly PosixSignal[] Ignored = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];

    // Registrations last as long as they are held.
    private static readonly List<PosixSignalRegistration> Registrations = [];

    /// <summary>
    /// Keeps signals off that a terminal or a service manager sends to the gateway and all its processes: the gateway lets answers end first, and ends its workers then.
    /// </summary>
    public static void IgnoreSignals() =>
        Registrations.AddRange(Ignored.Select(signal => PosixSignalRegistration.Create(signal, static context => context.Cancel = true)));

    /// <summary>Ends this process when the gateway has ended, or closed the stream.</summary>
    /// <param name="input">Standard input.</param>
    /// <param name="parent">Process id of the gateway.</param>
    /// <param name="last">What is still to be done.</param>
    public static void EndWithParent(TextReader input, int parent, Action last)
    {
        var watch = new Thread(() =>
        {
            try
            {
                while (input.Read() >= 0)
                {
                }
            }
            catch (IOException)
            {
                // As good as its end.
            }

            last();
            End();
        })
        { IsBackground = true, Name = "Parent" };
        watch.Start();

        // Should the runtime itself hang, the kernel ends the process.
        if (OperatingSystem.IsLinux())
        {
            _ = prctl(SetParentDeathSignal, SigKill);
            if (getppid() != parent)
            {
                last();
                End();
            }
        }
    }

    // At once: there is nothing to be saved, and what libllama does when a process exits is not worth waiting for.
    private static void End() => Process.GetCurrentProcess().Kill();

    [LibraryImport("libc")]
    private static partial int prctl(int option, nuint value);

    [LibraryImport("libc")]
    private static partial int getppid();
}
