using Gateway.Llama.Scheduling;

namespace Gateway.Llama.Speculation;

/// <summary>Guesses from each request's own text (<see cref="PromptLookup"/>). They cost nothing, so they are weighed as they are.</summary>
internal sealed class LookupSource : IGuessSource
{
    /// <inheritdoc/>
    public void Follow(IReadOnlyList<RunningSequence> sequences)
    {
        foreach (var sequence in sequences)
        {
            Of(sequence).Follow(sequence.Tokens);
        }
    }

    /// <inheritdoc/>
    public double SecondsOf(int sequences, StepTimes steps) => 0;

    /// <inheritdoc/>
    public void Guess(IReadOnlyList<RunningSequence> sequences)
    {
        foreach (var sequence in sequences)
        {
            if (sequence.Guesses > 0)
            {
                Of(sequence).Guess(sequence.Tokens, sequence.GuessedTokens);
            }
        }
    }

    /// <inheritdoc/>
    public void Forget(RunningSequence sequence)
    {
        // What is known is of the request's tokens, which stay what they are.
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static PromptLookup Of(RunningSequence sequence)
    {
        var lookup = sequence.Guesser as PromptLookup ?? new PromptLookup();
        sequence.Guesser = lookup;
        return lookup;
    }
}
