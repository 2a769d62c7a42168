using System.Diagnostics;
using LLama.Native;

namespace Gateway.Llama.Scheduling;

/// <summary>The threads that a context computes with: as many as the governor finds good, within what other engines leave. For one thread.</summary>
/// <param name="context">The context; it begins with one thread.</param>
/// <param name="most">Threads at most.</param>
internal sealed class ContextThreads(SafeLLamaContextHandle context, int most)
{
    private readonly ThreadGovernor _governor = new(most);
    private int _set = 1;
    private bool _computes;

    /// <summary>Threads of the next decode; may be read by any thread.</summary>
    public int Count => _governor.Threads;

    /// <summary>A decode comes next.</summary>
    public void Prepare()
    {
        ProcessorShare.OfProcess.Tell(ref _computes, computes: true);
        _governor.Limit(ProcessorShare.OfProcess.Of(most));
        if (_governor.Threads != _set)
        {
            _set = _governor.Threads;
            context.SetThreads(_set, _set);
        }
    }

    /// <summary>Takes what a decode cost.</summary>
    public void Record(int tokens, TimeSpan elapsed) => _governor.Record(tokens, elapsed, Stopwatch.GetElapsedTime(0));

    /// <summary>There is nothing to compute for now, or never again.</summary>
    public void Rest() => ProcessorShare.OfProcess.Tell(ref _computes, computes: false);
}
