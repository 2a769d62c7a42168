namespace Gateway.Llama.Speculation;

/// <summary>
/// Decides how many guessed tokens a step tries: as many as give the most tokens a second, of the chance that they are right and the measured time of
/// a wider step. Where trying does not pay, for a sequence whose guesses are wrong, or on a machine that many streams keep busy, nothing is tried.
/// </summary>
internal static class DraftPlanner
{
    /// <summary>Guesses of one sequence at most.</summary>
    internal const int Most = 16;

    // What trying has to bring at least, so that noise does not make it try.
    private const double LeastGain = 1.1;

    /// <summary>The number of guesses of one sequence.</summary>
    /// <param name="lookup">The sequence's guesses.</param>
    /// <param name="times">What steps cost.</param>
    /// <param name="tokens">Tokens of the step until now.</param>
    /// <param name="expected">Of those, how many will be right; what is chosen is added.</param>
    /// <param name="most">Room for guesses.</param>
    public static int Choose(PromptLookup lookup, StepTimes times, int tokens, ref double expected, int most)
    {
        var time = times.Of(tokens);
        if (!lookup.HasGuess || time == 0)
        {
            return 0;
        }

        var (best, bestExpected, bestRate) = (0, expected, LeastGain * expected / time);
        var (chance, sum) = (1.0, expected);
        for (var count = 1; count <= Math.Min(most, Most); count++)
        {
            chance *= lookup.Rate(count - 1);
            sum += chance;
            var rate = sum / times.Of(tokens + count);
            if (rate > bestRate)
            {
                (best, bestExpected, bestRate) = (count, sum, rate);
            }
        }

        expected = bestExpected;
        return best;
    }
}
