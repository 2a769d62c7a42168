using Gateway.Llama.Speculation;

namespace Gateway.Llama.Scheduling;

/// <content>
/// Trying guesses of the next tokens: they go into the step behind the token that is to be decoded anyway, each with logits. Tokens are then drawn
/// row after row, by all the rules of the request, as long as the draw is what was guessed; the first that is not is the next token all the same.
/// So each token is drawn from the model's own distribution after the tokens before it, as without guesses; only the number of steps differs.
/// </content>
internal sealed partial class LlamaScheduler
{
    private readonly bool _speculates;
    private readonly int? _fixedGuesses;

    // With one thread and with several: what a step costs differs by far.
    private readonly StepTimes[] _stepTimes = [new(), new()];
    private long _guessedTokens;
    private long _rightGuesses;

    private StepTimes TimesNow => _stepTimes[_threads.Count == 1 ? 0 : 1];

    /// <summary>Adds guesses to a step that only generates. Beside prompts there are none: such a step takes what time there is for it.</summary>
    private void AddGuesses(IReadOnlyList<RunningSequence> group)
    {
        if (!_speculates || _planner.PromptTokens > 0)
        {
            return;
        }

        // Each token of such a step has a row of logits, and the context has one for each of its sequences.
        var (tokens, expected, most) = (group.Count, (double)group.Count, Math.Min(_sequences, _batchSize));
        foreach (var sequence in group)
        {
            if (MayGuess(sequence))
            {
                var lookup = sequence.FollowLookup();
                var room = Math.Min(most - tokens, sequence.Remaining - 1);
                var count = _fixedGuesses is { } fix
                    ? lookup.HasGuess ? Math.Min(fix, room) : 0
                    : DraftPlanner.Choose(lookup, TimesNow, tokens, ref expected, room);
                sequence.Guess(count);
                tokens += count;
            }
        }

        if (tokens > group.Count && !MakeRoom(tokens))
        {
            foreach (var sequence in group)
            {
                sequence.Guess(0);
            }
        }
    }

    // Not with the last token of a prompt, whose answer is yet to begin; nor for a request with a seed, which is to get the same answer again: what is
    // tried goes by measured times, and numbers come out a little different in a wider step.
    private bool MayGuess(RunningSequence sequence) =>
        sequence.Pending == 1 && !sequence.IsReading && (_fixedGuesses is not null || sequence.Generation.Request.Sampling.Seed is null);

    /// <summary>Draws the next token of a sequence, and those behind it for as long as guesses are right.</summary>
    private void DrawTokens(RunningSequence sequence)
    {
        var row = 0;
        while (DrawNext(sequence, row) is { } token)
        {
            if (!sequence.IsGuess(row, token))
            {
                TakeBackGuesses(sequence, right: row);
                return;
            }

            sequence.Decoded++;
            row++;
        }

        // The answer has ended, and its place in the memory is given up already.
        CountGuesses(sequence, right: row);
    }

    private void TakeBackGuesses(RunningSequence sequence, int right)
    {
        if (right < sequence.Guesses)
        {
            _memory.RemovePart(sequence.Id, sequence.Decoded, -1);
        }

        CountGuesses(sequence, right);
    }

    private void CountGuesses(RunningSequence sequence, int right)
    {
        Volatile.Write(ref _guessedTokens, _guessedTokens + sequence.Guesses);
        Volatile.Write(ref _rightGuesses, _rightGuesses + right);
        sequence.Guess(0);
    }
}
