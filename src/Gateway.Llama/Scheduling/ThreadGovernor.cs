using System.Numerics;

namespace Gateway.Llama.Scheduling;

/// <summary>
/// Chooses between all threads and one for the steps to come. libllama's threads spin while they wait for each other, several hundred times a
/// token; when something else takes a core from one of them, all stand still for its time slice, and a step can take a hundred times as
/// long. One thread waits for nobody. So the governor knows what a step costs on one thread, goes back to one as soon as all together are
/// slower than that, and tries all again after a pause that doubles while it does not help. Steps also become dearer as contexts grow, on one thread as
/// on all: before it believes that one is faster it takes a few steps on one, and compares them with those just before.
/// </summary>
internal sealed class ThreadGovernor
{
    // Steps on one thread at the beginning, to know what one costs there.
    internal const int FirstSteps = 4;

    // And later, to know it again.
    internal const int StepsOfTrial = 2;

    // Steps of all threads within which a second one that stands still is no accident.
    internal const int StepsBetweenStalls = 16;

    // Steps after which the mean of all threads' steps is worth something, and after which all is well again.
    internal const int FewSteps = 8;
    internal const int ManySteps = 64;

    // A single step this many times as slow as on one thread needs no mean to be tried on one.
    internal const double Stall = 4;

    internal static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    internal static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private const double Smoothing = 0.2;

    // Seconds of a step on one thread, by the power of two of its tokens; 0 where none was seen.
    private readonly double[] _alone = new double[32];

    // The same of the last steps on all threads.
    private readonly double[] _together = new double[32];

    private readonly int _most;
    private bool _isTrial;
    private int _stepsAlone = FirstSteps;
    private int _stepsSince;

    // Powers of two of tokens whose steps were seen in this stay on one thread.
    private uint _seen;
    private int _limit;
    private int _steps;
    private double _ratio;
    private TimeSpan _pause = FirstPause;
    private TimeSpan _resumeAt;
    private TimeSpan _resumedAt;

    /// <param name="most">Threads that there are at most.</param>
    public ThreadGovernor(int most) => _most = _limit = most;

    /// <summary>Threads for the next step.</summary>
    public int Threads { get; private set; } = 1;

    /// <summary>Sets how many threads may be used from now on, where that is fewer than all: other engines compute too.</summary>
    public void Limit(int threads)
    {
        threads = Math.Min(threads, _most);
        if (_limit != threads)
        {
            _limit = threads;
            if (Threads > 1)
            {
                Use(_limit);
            }
        }
    }

    /// <summary>Takes what a step cost with <see cref="Threads"/>.</summary>
    /// <param name="tokens">Tokens of the step, at least one.</param>
    /// <param name="elapsed">How long it took.</param>
    /// <param name="now">Time since any beginning.</param>
    public void Record(int tokens, TimeSpan elapsed, TimeSpan now)
    {
        if (_most == 1)
        {
            return;
        }

        _steps++;
        var size = BitOperations.Log2((uint)tokens);
        if (Threads == 1)
        {
            _alone[size] = (_seen & (1u << size)) == 0 ? elapsed.TotalSeconds : Mean(_alone[size], elapsed.TotalSeconds);
            _seen |= 1u << size;
            if (_isTrial && _steps >= StepsOfTrial)
            {
                _isTrial = false;
                if (_alone[size] < _together[size])
                {
                    Pause(now);
                }
            }

            if (_limit > 1 && _steps >= _stepsAlone && now >= _resumeAt)
            {
                _stepsSince = 0;
                _resumedAt = now;
                Use(_limit);
            }

            return;
        }

        _stepsSince++;
        var ratio = elapsed.TotalSeconds / Alone(size);
        _ratio = _steps == 1 ? ratio : Mean(_ratio, ratio);
        if (ratio > Stall && _stepsSince <= StepsBetweenStalls)
        {
            Pause(now);
            GoAlone(isTrial: false);
            return;
        }

        if (ratio <= Stall)
        {
            _together[size] = _together[size] == 0 ? elapsed.TotalSeconds : (_together[size] + elapsed.TotalSeconds) / 2;
        }

        if (ratio > Stall || (_steps >= FewSteps && _ratio > 1))
        {
            GoAlone(isTrial: true);
        }
        else if (_steps >= ManySteps || (_steps >= StepsBetweenStalls && now - _resumedAt >= _pause))
        {
            _pause = FirstPause;
        }
    }

    private void Pause(TimeSpan now)
    {
        _resumeAt = now + _pause;
        _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
    }

    private void GoAlone(bool isTrial)
    {
        _isTrial = isTrial;
        _seen = 0;
        _stepsAlone = StepsOfTrial;
        Use(1);
    }

    private void Use(int threads)
    {
        Threads = threads;
        _steps = 0;
    }

    // Of a size not seen yet, what the next smaller one would cost that many times: a batch costs less than its tokens one by one.
    private double Alone(int size)
    {
        for (var known = size; known >= 0; known--)
        {
            if (_alone[known] > 0)
            {
                return _alone[known] * (1 << (size - known));
            }
        }

        return _alone.First(seconds => seconds > 0);
    }

    private static double Mean(double mean, double value) => mean + (Smoothing * (value - mean));
}
