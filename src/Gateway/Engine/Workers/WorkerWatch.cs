using System.Globalization;

namespace Gateway.Engine.Workers;

/// <summary>What is known of a worker at a moment.</summary>
/// <param name="Notes">Notes that came from it so far.</param>
/// <param name="Steps">Steps of its engine so far, those that failed too.</param>
/// <param name="Requests">Requests in its engine, waiting and running.</param>
/// <param name="IsLoading">Whether it loads adapters, while which its engine makes no steps.</param>
internal readonly record struct WorkerPulse(long Notes, long Steps, int Requests, bool IsLoading);

/// <summary>
/// Tells a worker that hangs from one that is slow: it says nothing any more, though it has something to say every <see cref="WorkerProgram.LongestSilence"/>; or
/// its engine has requests and makes no step. Looks are counted rather than time, for where the gateway itself stood still (stopped by a terminal, or swapped
/// out) its workers did too, and there was but one look.
/// </summary>
internal sealed class WorkerWatch
{
    /// <summary>Looks in a time-out.</summary>
    public const int Looks = 10;

    private WorkerPulse _last;
    private int _silent;
    private int _stuck;

    /// <summary>Takes a look; to be done <see cref="Looks"/> times in a time-out.</summary>
    /// <returns>Why the worker is given up; null as long as it is not.</returns>
    public string? Look(WorkerPulse now, TimeSpan timeout)
    {
        _silent = now.Notes == _last.Notes ? _silent + 1 : 0;

        // What came since the last look has not waited for long.
        var hasWork = now.Requests > 0 && _last.Requests > 0;
        _stuck = hasWork && now.Steps == _last.Steps && !now.IsLoading ? _stuck + 1 : 0;
        _last = now;
        return _silent >= Looks ? string.Create(CultureInfo.InvariantCulture, $"killed, for it gave no sign of life for {timeout.TotalSeconds:0} s")
            : _stuck >= Looks ? string.Create(CultureInfo.InvariantCulture, $"killed, for it completed no step in {timeout.TotalSeconds:0} s, with {now.Requests} requests in it")
            : null;
    }
}
