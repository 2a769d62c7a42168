using System.Numerics;

namespace Gateway.Llama.Speculation;

/// <summary>What steps of generated tokens cost, by their number of tokens, as measured; between two measured sizes on the line from one to the other.</summary>
internal sealed class StepTimes
{
    // A size not measured for so many steps may cost something else by now: the machine's load and the lengths of sequences change.
    internal const int Memory = 512;

    // A token more than was ever measured costs this share of one, until it is: low enough to be tried.
    internal const double FirstShare = 0.25;

    // What else runs on the machine makes a step longer, never shorter: the short ones tell what it costs.
    private const double SmoothingDown = 0.2;
    private const double SmoothingUp = 0.04;

    // Two sizes an octave above 4 tokens: 1, 2, 3, 4, 5-6, 7-8, 9-12 ...
    private readonly (double Tokens, double Seconds, long Step)[] _sizes = new (double, double, long)[32];
    private long _step;

    /// <summary>Takes what a step cost.</summary>
    public void Record(int tokens, TimeSpan elapsed)
    {
        _step++;
        ref var size = ref _sizes[IndexOf(tokens)];
        var smoothing = !IsKnown(size) ? 1 : elapsed.TotalSeconds < size.Seconds ? SmoothingDown : SmoothingUp;
        size = (size.Tokens + (smoothing * (tokens - size.Tokens)), size.Seconds + (smoothing * (elapsed.TotalSeconds - size.Seconds)), _step);
    }

    /// <summary>Seconds that a step would take; 0 when none was measured.</summary>
    public double Of(int tokens)
    {
        (double Tokens, double Seconds, long Step) below = default;
        var slope = 0.0;
        foreach (var size in _sizes)
        {
            if (!IsKnown(size))
            {
                continue;
            }

            if (size.Tokens >= tokens)
            {
                return below.Seconds == 0
                    ? size.Seconds * tokens / size.Tokens
                    : below.Seconds + ((size.Seconds - below.Seconds) * (tokens - below.Tokens) / (size.Tokens - below.Tokens));
            }

            // Of a size beyond those that were measured: as the last ones rose.
            slope = below.Seconds == 0 ? FirstShare * size.Seconds / size.Tokens : Math.Max(0, (size.Seconds - below.Seconds) / (size.Tokens - below.Tokens));
            below = size;
        }

        return below.Seconds + (slope * (tokens - below.Tokens));
    }

    private static int IndexOf(int tokens)
    {
        if (tokens <= 4)
        {
            return tokens - 1;
        }

        // 5-6 is 4, 7-8 is 5, 9-12 is 6: the octave, and its half.
        var octave = BitOperations.Log2((uint)(tokens - 1));
        return (2 * octave) + (int)(((uint)(tokens - 1) >> (octave - 1)) & 1);
    }

    private bool IsKnown((double Tokens, double Seconds, long Step) size) => size.Step > 0 && _step - size.Step < Memory;
}
