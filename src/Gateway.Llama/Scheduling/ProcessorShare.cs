using Gateway.Llama.Loading;

namespace Gateway.Llama.Scheduling;

/// <summary>
/// An engine's share of the processor. The engines of a process know of each other what <see cref="ThreadGovernor"/> would have to find out: those
/// that compute at the same time split the cores evenly, so that no engine's threads wait for one that another's took the core from.
/// </summary>
/// <param name="cores">Cores that there are.</param>
internal sealed class ProcessorShare(int cores)
{
    private int _computing;

    /// <summary>The one that all engines of this process share.</summary>
    public static ProcessorShare OfProcess { get; } = new(ProcessorTopology.PhysicalCores);

    /// <summary>Threads of one engine now, when it could use <paramref name="most"/>.</summary>
    public int Of(int most)
    {
        var computing = Volatile.Read(ref _computing);
        return computing <= 1 ? most : Math.Max(1, Math.Min(most, cores / computing));
    }

    /// <summary>Tells that an engine begins or ceases to compute.</summary>
    /// <param name="was">What the engine told last.</param>
    /// <param name="computes">Whether it computes now.</param>
    public void Tell(ref bool was, bool computes)
    {
        if (was != computes)
        {
            was = computes;
            Interlocked.Add(ref _computing, computes ? 1 : -1);
        }
    }
}
