using Gateway.Llama.Scheduling;

namespace Gateway.Llama.Speculation;

/// <summary>Where guesses of the next tokens come from. For the scheduler's thread.</summary>
internal interface IGuessSource : IDisposable
{
    /// <summary>Takes note of how sequences went on, and sets <see cref="RunningSequence.Guesser"/> of each.</summary>
    void Follow(IReadOnlyList<RunningSequence> sequences);

    /// <summary>Seconds that it takes to guess one token more of so many sequences at once.</summary>
    /// <param name="sequences">How many.</param>
    /// <param name="steps">What the steps that try the guesses cost.</param>
    double SecondsOf(int sequences, StepTimes steps);

    /// <summary>Writes <see cref="RunningSequence.GuessedTokens"/> of those that are to have guesses; they may become fewer.</summary>
    void Guess(IReadOnlyList<RunningSequence> sequences);

    /// <summary>A sequence gives up its place, for ever or for a while.</summary>
    void Forget(RunningSequence sequence);
}

/// <summary>What a source knows of one sequence, as <see cref="DraftPlanner"/> weighs it.</summary>
internal interface IGuesses
{
    /// <summary>Seconds, beside <see cref="IGuessSource.SecondsOf"/>, that a step with guesses of this sequence costs.</summary>
    double Seconds { get; }

    /// <summary>The chance that a guess is right, given that all before it were; 0 when there is none.</summary>
    /// <param name="index">Its place among the guesses, the next token's is 0.</param>
    double Rate(int index);
}
