using System.Diagnostics;
using Gateway.Llama.Loading;
using Gateway.Llama.Speculation;

namespace Gateway.Llama.Scheduling;

/// <content>
/// Trying guesses of the next tokens: they go into the step behind the token that is to be decoded anyway, each with logits. Tokens are then drawn
/// row after row, by all the rules of the request, as long as the draw is what was guessed; the first that is not is the next token all the same.
/// So each token is drawn from the model's own distribution after the tokens before it, as without guesses; only the number of steps differs.
/// </content>
internal sealed partial class LlamaScheduler
{
    private readonly IGuessSource? _guesses;
    private readonly int? _fixedGuesses;
    private readonly DraftPlanner _guessPlanner = new();
    private readonly List<RunningSequence> _guessing = [];

    // With one thread and with several: what a step costs differs by far.
    private readonly StepTimes[] _stepTimes = [new(), new()];
    private long _guessedTokens;
    private long _rightGuesses;

    /// <summary>Where guesses come from; null when there are none.</summary>
    internal IGuessSource? GuessSource => _guesses;

    private StepTimes TimesNow => _stepTimes[_threads.Count == 1 ? 0 : 1];

    private IGuessSource? CreateGuessSource(LoadedDraft? draft, LlamaEngineOptions options) =>
        _tree.Kind != PrefixMemory.Any ? null
        : draft is not null ? new DraftModel(draft, _mostRunning, _threads, mindsConfidence: _fixedGuesses is null, _logger)
        : options.Speculation == Speculate.Lookup ? new LookupSource()
        : null;

    /// <summary>Adds guesses to a step that only generates. Beside prompts there are none: such a step takes what time there is for it.</summary>
    private void AddGuesses(IReadOnlyList<RunningSequence> group)
    {
        _guessing.Clear();
        if (_guesses is null || _planner.PromptTokens > 0)
        {
            return;
        }

        foreach (var sequence in group)
        {
            if (MayGuess(sequence))
            {
                _guessing.Add(sequence);
            }
        }

        // Each token of such a step has a row of logits, and the context has one for each of its sequences.
        _guesses.Follow(_guessing);
        if (PlanGuesses(_guesses, group.Count, Math.Min(_sequences, _batchSize) - group.Count) is not (> 0 and var count))
        {
            return;
        }

        if (!MakeRoom(group.Count + count))
        {
            _guessing.ForEach(s => s.Guess(0));
            return;
        }

        var started = Stopwatch.GetTimestamp();
        _guesses.Guess(_guessing);
        Volatile.Write(ref _stepTicks, _stepTicks + Stopwatch.GetElapsedTime(started).Ticks);
    }

    /// <summary>Sets how many guesses each is to have; returns how many all have.</summary>
    private int PlanGuesses(IGuessSource source, int tokens, int most)
    {
        if (_fixedGuesses is { } fix)
        {
            var count = 0;
            foreach (var sequence in _guessing)
            {
                sequence.Guess(sequence.Guesser!.Rate(0) > 0 ? Math.Clamp(Math.Min(sequence.Remaining - 1, most - count), 0, fix) : 0);
                count += sequence.Guesses;
            }

            return count;
        }

        _guessPlanner.Clear();
        foreach (var sequence in _guessing)
        {
            _guessPlanner.Add(sequence.Guesser!, sequence.Remaining - 1);
        }

        var chosen = _guessPlanner.Choose(source, TimesNow, tokens, most);
        for (var i = 0; i < _guessing.Count; i++)
        {
            _guessing[i].Guess(_guessPlanner[i]);
        }

        return chosen;
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
