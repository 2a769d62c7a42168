namespace Gateway.Llama.Scheduling;

/// <summary>How many tokens of prompts a step may take, from what the last steps cost: nobody's stream is to stand still for long.</summary>
internal sealed class StepCost
{
    // 64 to 256 tokens lose no throughput on CPU; 16 to 32 lose 25 to 40 %.
    internal const int Least = 64;
    internal const int MostBesideOthers = 256;

    // How long a step may take while others wait for their next token, and while only prompts are read: then it is what a newcomer waits, and what
    // a client that left goes on to hold its cells for.
    internal static readonly TimeSpan BesideOthers = TimeSpan.FromMilliseconds(60);
    internal static readonly TimeSpan Alone = TimeSpan.FromMilliseconds(90);

    private const double Smoothing = 0.3;

    private double _perToken;
    private double _generating;

    /// <summary>Seconds that a token of a prompt takes; 0 when none was measured.</summary>
    public double SecondsPerToken => _perToken;

    /// <summary>Tokens of prompts for the next step, at most.</summary>
    /// <param name="batchSize">What fits into a batch.</param>
    /// <param name="besideOthers">Whether anybody waits for a token.</param>
    public int PromptTokens(int batchSize, bool besideOthers)
    {
        var most = besideOthers ? MostBesideOthers : batchSize;
        if (_perToken > 0)
        {
            var left = besideOthers ? BesideOthers.TotalSeconds - _generating : Alone.TotalSeconds;
            most = Math.Min(most, Math.Max(Least, (int)(left / _perToken)));
        }

        return Math.Min(most, batchSize);
    }

    /// <summary>Takes what a step cost.</summary>
    public void Record(int promptTokens, int answerTokens, TimeSpan elapsed)
    {
        var seconds = elapsed.TotalSeconds;
        if (promptTokens == 0)
        {
            _generating = Mean(_generating, seconds);
        }
        else if (promptTokens >= Least / 2)
        {
            // What the tokens of answers cost of it is not known exactly; no more than half, or one odd step would set the next ones wrong.
            var own = seconds - (answerTokens > 0 ? Math.Min(_generating, seconds / 2) : 0);
            _perToken = Mean(_perToken, own / promptTokens);
        }
    }

    private static double Mean(double mean, double value) => mean == 0 ? value : mean + (Smoothing * (value - mean));
}
