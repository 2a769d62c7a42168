namespace Gateway.Llama.Speculation;

/// <summary>
/// Decides how many guessed tokens a step tries: as many as give the most tokens a second, of the chance that they are right, the measured time of
/// a wider step, and what it takes to guess. Where trying does not pay, for a sequence whose guesses are wrong, or on a machine that many streams keep
/// busy, nothing is tried. Of all guesses of all sequences the likeliest come first, since what it takes to guess is shared by those that guess together.
/// </summary>
internal sealed class DraftPlanner
{
    /// <summary>Guesses of one sequence at most.</summary>
    internal const int Most = 16;

    // What trying has to bring at least, so that noise does not make it try.
    private const double LeastGain = 1.1;

    // A token more in a step costs more than this share of one, everywhere.
    private const double LeastChance = 0.02;

    private readonly List<Candidate> _candidates = [];
    private readonly List<Candidate> _order = [];

    /// <summary>Begins the plan of another step.</summary>
    public void Clear() => _candidates.Clear();

    /// <summary>Adds a sequence.</summary>
    /// <param name="guesses">Its guesses.</param>
    /// <param name="room">How many it has room for.</param>
    public void Add(IGuesses guesses, int room) => _candidates.Add(new Candidate(guesses, Math.Min(room, Most)));

    /// <summary>What was chosen for a sequence, by the order in which they were added.</summary>
    public int this[int candidate] => _candidates[candidate].Count;

    /// <summary>Chooses. Returns the number of guesses of all sequences.</summary>
    /// <param name="source">Knows what it takes to guess.</param>
    /// <param name="times">What steps cost.</param>
    /// <param name="tokens">Tokens of the step without guesses; each gives one.</param>
    /// <param name="most">Room for guesses.</param>
    public int Choose(IGuessSource source, StepTimes times, int tokens, int most)
    {
        _order.Clear();
        var time = times.Of(tokens);
        var (best, bestRate) = (0, LeastGain * tokens / time);
        var (expected, cost) = ((double)tokens, 0.0);
        Span<int> widths = stackalloc int[Most];
        while (time > 0 && _order.Count < most && Likeliest() is { } next)
        {
            ref var width = ref widths[next.Count];
            cost += source.SecondsOf(width + 1, times) - (width > 0 ? source.SecondsOf(width, times) : 0) + (next.Count == 0 ? next.Guesses.Seconds : 0);
            width++;
            expected += next.Chance;
            next.Take();
            _order.Add(next);
            var rate = expected / (times.Of(tokens + _order.Count) + cost);
            if (rate > bestRate)
            {
                (best, bestRate) = (_order.Count, rate);
            }
        }

        for (var i = best; i < _order.Count; i++)
        {
            _order[i].Count--;
        }

        return best;
    }

    private Candidate? Likeliest()
    {
        Candidate? likeliest = null;
        foreach (var candidate in _candidates)
        {
            if (candidate.Count < candidate.Room && candidate.Chance > (likeliest?.Chance ?? LeastChance))
            {
                likeliest = candidate;
            }
        }

        return likeliest;
    }

    private sealed class Candidate(IGuesses guesses, int room)
    {
        public IGuesses Guesses => guesses;

        public int Room => room;

        public int Count { get; set; }

        /// <summary>The chance that the next guess is right, and all before it.</summary>
        public double Chance { get; private set; } = guesses.Rate(0);

        public void Take() => Chance *= guesses.Rate(++Count);
    }
}
