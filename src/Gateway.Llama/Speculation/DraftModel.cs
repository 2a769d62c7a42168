using Gateway.Llama.Loading;
using Gateway.Llama.Scheduling;
using LLama.Native;
using Microsoft.Extensions.Logging;

namespace Gateway.Llama.Speculation;

/// <summary>
/// Guesses by a smaller model of the same vocabulary: its likeliest token, and the likeliest after that, as long as it is rather sure (Leviathan, Kalman and
/// Matias 2023, arXiv 2211.17192, with a draft that never draws: the model that answers draws each token itself, so that the answer is its own). It
/// reads a request's tokens when guessing may pay, and in pieces, so that no step takes long; all requests of a step guess together. What it has read of a
/// request is compared with the request's tokens each time: whatever happened meanwhile, the two never part.
/// </summary>
internal sealed partial class DraftModel : IGuessSource
{
    /// <summary>Guesses of a trial.</summary>
    internal const int TrialGuesses = 4;

    // How often guesses are right, before anything is known.
    private const double FirstRate = 0.7;

    // Tokens that are read in passing; who is further behind reads first and guesses later.
    private const int FewBehind = 4;

    // Tokens of an answer that reading its prompt is spread over, at most.
    private const int ExpectedAnswer = 256;

    // Steps without guesses before a trial, which double while there are none; and tokens that a trial may have to read.
    private const int FirstPause = 64;
    private const int LongestPause = 2048;
    private const int MostBehindInTrial = 256;

    // Steps with guesses before one without, or nobody would notice that such a one has become cheaper.
    private const int MostInARow = 16;

    private const int MostFailures = 3;

    private readonly LoadedDraft _draft;
    private readonly SafeLLamaContextHandle _context;
    private readonly ContextThreads _threads;
    private readonly StepCost _reading = new();
    private readonly Stack<LLamaSeqId> _freeIds = new();
    private readonly List<DraftSequence> _sequences = [];
    private readonly List<Guessing> _guessing = [];

    // With one thread and with several.
    private readonly StepTimes[] _times = [new(), new()];
    private readonly int _cells;
    private double _rate = FirstRate;
    private int _threadsSet = 1;
    private int _steps;
    private int _pause = FirstPause;
    private bool _isTrial;
    private bool _trialGoesOn;
    private int _inARow;
    private int _failures;

    /// <param name="draft">The model; disposed with this.</param>
    /// <param name="sequences">Requests at a time.</param>
    /// <param name="threads">The threads of the model that answers: the two compute by turns.</param>
    /// <param name="mindsConfidence">Whether guesses end where the draft is not sure.</param>
    /// <param name="logger">Told when it fails.</param>
    public DraftModel(LoadedDraft draft, int sequences, ContextThreads threads, bool mindsConfidence, ILogger logger)
    {
        _draft = draft;
        _context = draft.Context;
        _threads = threads;
        _mindsConfidence = mindsConfidence;
        _logger = logger;
        _cells = (int)_context.ContextSize;
        _batchSize = (int)_context.BatchSize;
        for (var id = sequences - 1; id >= 0; id--)
        {
            _freeIds.Push((LLamaSeqId)id);
        }
    }

    /// <summary>Sequences that can begin, and cells that are in use.</summary>
    internal (int FreeIds, int Cells) Memory => (_freeIds.Count, CellsUsed());

    private StepTimes TimesNow => _times[_threads.Count == 1 ? 0 : 1];

    /// <inheritdoc/>
    public void Follow(IReadOnlyList<RunningSequence> sequences)
    {
        DraftSequence? nearest = null;
        var rests = _inARow >= MostInARow;
        _inARow = rests ? 0 : _inARow;
        foreach (var sequence in sequences)
        {
            var draft = Of(sequence);
            draft.Follow(sequence.Tokens, ref _rate);
            draft.IsOut |= rests || _failures >= MostFailures || sequence.Count + DraftPlanner.Most > _draft.ContextLength;

            // In what the answer may still gain.
            draft.Seconds = draft.Behind > FewBehind ? draft.Behind * _reading.SecondsPerToken / Math.Clamp(sequence.Remaining, 1, ExpectedAnswer) : 0;
            nearest = !draft.IsOut && draft.Behind < (nearest?.Behind ?? MostBehindInTrial) ? draft : nearest;
        }

        // What costs a draft has, and how often it is right, is known only while it guesses.
        _isTrial = (_trialGoesOn || ++_steps > _pause) && nearest is not null;
        if (_isTrial)
        {
            (_steps, _pause) = _trialGoesOn ? (_steps, _pause) : (0, Math.Min(2 * _pause, LongestPause));
            _trialGoesOn = false;
            foreach (var sequence in sequences)
            {
                var draft = Of(sequence);
                (draft.IsTrial, draft.IsOut) = (draft == nearest, draft != nearest);
            }
        }
    }

    /// <inheritdoc/>
    public double SecondsOf(int sequences, StepTimes steps) =>
        _isTrial ? 0
        : TimesNow.Of(sequences) is > 0 and var measured ? measured
        : _draft.Share * steps.Of(sequences);

    /// <inheritdoc/>
    public void Guess(IReadOnlyList<RunningSequence> sequences)
    {
        _inARow++;
        if (!_isTrial)
        {
            (_steps, _pause) = (0, FirstPause);
        }

        if (_threads.Count != _threadsSet)
        {
            _threadsSet = _threads.Count;
            (_context.GenerationThreads, _context.BatchThreads) = (_threadsSet, _threadsSet);
        }

        Begin(sequences);
        if (ReadOn())
        {
            GuessOn();
        }

        foreach (var guessing in _guessing)
        {
            guessing.Sequence.Guess(guessing.Made);
        }
    }

    /// <inheritdoc/>
    public void Forget(RunningSequence sequence)
    {
        if (sequence.Guesser is DraftSequence draft)
        {
            sequence.Guesser = null;
            _sequences.Remove(draft);
            NativeApi.llama_memory_seq_rm(_context.Memory, draft.Id, -1, -1);
            _freeIds.Push(draft.Id);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _draft.Dispose();

    private DraftSequence Of(RunningSequence sequence)
    {
        if (sequence.Guesser is not DraftSequence draft)
        {
            sequence.Guesser = draft = new DraftSequence(_freeIds.Pop(), _draft.VocabularySize, _rate);
            _sequences.Add(draft);
        }

        return draft;
    }

    /// <summary>Takes those that are to guess and have room, with their memory as it is to be.</summary>
    private void Begin(IReadOnlyList<RunningSequence> sequences)
    {
        _guessing.Clear();
        var room = _cells - CellsUsed();
        foreach (var sequence in sequences)
        {
            if (sequence.Guesses == 0)
            {
                continue;
            }

            var draft = Of(sequence);
            var had = draft.Read;
            var has = draft.Begin(sequence.Tokens, sequence.Guesses);
            if (has < had)
            {
                room += had - has;
                NativeApi.llama_memory_seq_rm(_context.Memory, draft.Id, has, -1);
            }

            var need = draft.Behind + sequence.Guesses;
            if (need <= room)
            {
                room -= need;
                _guessing.Add(new Guessing(sequence, draft, sequence.Guesses));
            }
            else
            {
                Drop(sequence, draft);
            }
        }
    }

    private static void Drop(RunningSequence sequence, DraftSequence draft)
    {
        draft.TakeBack();
        sequence.Guess(0);
    }

    private int CellsUsed()
    {
        var cells = 0;
        foreach (var sequence in _sequences)
        {
            cells += sequence.Read;
        }

        return cells;
    }

    private sealed class Guessing(RunningSequence sequence, DraftSequence draft, int wanted)
    {
        public RunningSequence Sequence => sequence;

        public DraftSequence Draft => draft;

        public int Wanted => wanted;

        public int Made { get; set; }

        /// <summary>Row of the logits that give its next guess; -1 when there is to be none.</summary>
        public int Row { get; set; }
    }
}
