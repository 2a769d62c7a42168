using Gateway.Llama.Loading;
using Gateway.Llama.Scheduling;
using Gateway.Llama.Speculation;
using LLama.Native;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Llama.Tests.Speculation;

/// <summary>A draft model alone, with sequences that go on as a test says. It guesses as its own model would answer.</summary>
public sealed class DraftModelTests : IDisposable
{
    private const int Cells = 512;

    private readonly StepTimes _steps = new();
    private readonly AbortSwitch _abort = new();
    private SafeLlamaModelHandle? _target;
    private SafeLLamaContextHandle? _context;
    private DraftModel? _draft;

    public DraftModelTests() => _steps.Record(1, TimeSpan.FromMilliseconds(10));

    public void Dispose()
    {
        _context?.Dispose();
        _draft?.Dispose();
        _abort.Dispose();
        _target?.Dispose();
    }

    [SharedFact]
    public void It_guesses_what_its_model_would_say_whatever_was_guessed_before()
    {
        var draft = Load();
        var sequence = Sequence(Numbers(50));
        var guesses = Guess(draft, sequence, 6);
        Assert.Equal(6, guesses.Length);

        // Two of them come and then something else; then the rest again, from where it was.
        sequence = GoOn(sequence, [.. guesses[..2], 500]);
        var others = Guess(draft, sequence, 6);
        Assert.Equal(GuessAlone(draft, sequence, 6), others);
        sequence = GoOn(sequence, [.. others, 501]);
        Assert.Equal(GuessAlone(draft, sequence, 4), Guess(draft, sequence, 4));

        // Also where it is sent back, and begins again later.
        draft.Forget(sequence);
        Assert.Equal(GuessAlone(draft, sequence, 4), Guess(draft, sequence, 4));
    }

    [SharedFact]
    public void Sequences_that_guess_together_do_not_see_each_other()
    {
        var draft = Load();
        RunningSequence[] sequences = [Sequence(Numbers(20, 1)), Sequence(Numbers(70, 2)), Sequence(Numbers(3, 3))];
        var alone = sequences.Select(s => GuessAlone(draft, s, 5)).ToArray();

        draft.Follow(sequences);
        foreach (var sequence in sequences)
        {
            sequence.Guess(5);
        }

        draft.Guess(sequences);

        Assert.Equal(alone, sequences.Select(s => s.GuessedTokens.ToArray()));
    }

    [SharedFact]
    public void A_long_prompt_is_read_in_pieces_before_it_guesses()
    {
        var draft = Load();
        var sequence = Sequence(Numbers(480));
        var steps = 0;
        while (Step(draft, sequence, 3) == 0)
        {
            Assert.InRange(draft.Memory.Cells, 64 * ++steps, 480);
        }

        Assert.InRange(steps, 1, 7);
        Assert.Equal(3, sequence.Guesses);
        draft.Forget(sequence);
        Assert.Equal((4, 0), draft.Memory);
    }

    [SharedFact]
    public void Where_its_memory_is_full_nothing_is_guessed()
    {
        var draft = Load();
        var (first, second) = (Sequence(Numbers(300, 1)), Sequence(Numbers(300, 2)));
        var guesses = Guess(draft, first, 4);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(0, Step(draft, second, 4));
        }

        draft.Forget(first);
        Assert.Equal(4, Guess(draft, second, 4).Length);
        draft.Forget(second);
        Assert.Equal(guesses, Guess(draft, Sequence([.. first.Tokens]), 4));
    }

    [SharedFact]
    public void A_draft_that_is_broken_off_begins_again()
    {
        var draft = Load();
        var sequence = Sequence(Numbers(50));
        var guesses = Guess(draft, sequence, 4);

        _abort.Set();
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(0, Step(draft, sequence, 4));
        }

        Assert.Equal((3, 0), draft.Memory);
        _abort.Set(0);
        Assert.Equal(guesses, Guess(draft, sequence, 4));
    }

    [SharedFact]
    public void One_that_is_left_alone_is_tried_now_and_then_and_ever_more_rarely()
    {
        var draft = Load();
        var sequence = Sequence(Numbers(20));
        var trials = new List<int>();
        for (var step = 1; step <= 1000; step++)
        {
            draft.Follow([sequence]);
            if (sequence.Guesser!.Rate(0) == 1)
            {
                // It costs nothing, and no more than a few guesses.
                Assert.Equal((0, 0), (draft.SecondsOf(1, _steps), sequence.Guesser.Rate(DraftModel.TrialGuesses)));
                trials.Add(step);
                sequence.Guess(4);
                draft.Guess([sequence]);
                sequence.Guess(0);
            }
        }

        Assert.Equal([65, 65 + 129, 65 + 129 + 257, 65 + 129 + 257 + 513], trials);
        Assert.True(draft.SecondsOf(1, _steps) > 0);
    }

    [SharedFact]
    public void One_that_guesses_all_the_time_lets_a_step_without_guesses_be_measured_now_and_then()
    {
        var draft = Load();
        var sequence = Sequence(Numbers(20));
        var without = new List<int>();
        for (var step = 1; step <= 60; step++)
        {
            draft.Follow([sequence]);
            if (sequence.Guesser!.Rate(0) == 0)
            {
                without.Add(step);
                continue;
            }

            sequence.Guess(1);
            draft.Guess([sequence]);
        }

        Assert.Equal([17, 34, 51], without);
    }

    [SharedFact]
    public void Before_it_is_measured_it_costs_by_its_size() => Assert.Equal(0.010, Load().SecondsOf(1, _steps), 0.0001);

    [SharedFact]
    public void What_it_is_not_sure_of_it_does_not_guess()
    {
        // Of weights that mean nothing no token is likely.
        var draft = Load(mindsConfidence: true);
        Assert.Equal(0, Step(draft, Sequence(Numbers(20)), 4));
    }

    [SharedFact]
    public void Beyond_what_it_was_trained_to_look_at_it_guesses_nothing()
    {
        var draft = Load(cells: 4096);
        var sequence = Sequence(Numbers(2040));
        draft.Follow([sequence]);
        Assert.Equal(0, sequence.Guesser!.Rate(0));
    }

    private static int[] Numbers(int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(300, 4000))];
    }

    private static RunningSequence Sequence(int[] tokens) =>
        new(new Generation(new GenerationRequest { Prompt = tokens, MaxTokens = 1000 }, tokens, 1000, CancellationToken.None), new Tenant(""));

    private static RunningSequence GoOn(RunningSequence sequence, int[] tokens)
    {
        var next = Sequence([.. sequence.Tokens, .. tokens]);
        next.Guesser = sequence.Guesser;
        return next;
    }

    private static int Step(DraftModel draft, RunningSequence sequence, int count)
    {
        draft.Follow([sequence]);
        sequence.Guess(count);
        draft.Guess([sequence]);
        return sequence.Guesses;
    }

    /// <summary>What it guesses once it has read all there is.</summary>
    private static int[] Guess(DraftModel draft, RunningSequence sequence, int count)
    {
        for (var step = 0; step < 10 && Step(draft, sequence, count) == 0; step++)
        {
        }

        return sequence.GuessedTokens.ToArray();
    }

    /// <summary>What it guesses of a sequence with these tokens that it has never seen.</summary>
    private static int[] GuessAlone(DraftModel draft, RunningSequence sequence, int count)
    {
        var other = Sequence([.. sequence.Tokens]);
        var guesses = Guess(draft, other, count);
        draft.Forget(other);
        return guesses;
    }

    private DraftModel Load(bool mindsConfidence = false, int cells = Cells)
    {
        var path = TestModels.Tiny("tiny-llama.gguf");
        var options = new LlamaEngineOptions { ModelPath = path, DraftModelPath = path, Speculation = Speculate.Draft, MaxSequences = 4 };
        _target = ModelLoader.Load(options with { DraftModelPath = null, Speculation = Speculate.Off }, null, null, NullLogger.Instance, out _, CancellationToken.None);
        _context = ContextFactory.Create(_target, 512, options, _abort);
        var draft = DraftLoader.Load(_target, options, cells, _abort, NullLogger.Instance, CancellationToken.None);
        return _draft = new DraftModel(draft, options.MaxSequences, new ContextThreads(_context, 1), mindsConfidence, NullLogger.Instance);
    }
}
