using LLama.Native;

namespace Gateway.Llama.Speculation;

/// <summary>One sequence as the draft model has it: what it has read of it, what it guessed last, and how often it is right.</summary>
/// <param name="id">The sequence in the draft's memory.</param>
/// <param name="vocabulary">Tokens that the draft knows.</param>
/// <param name="rate">How often guesses of others were right.</param>
internal sealed class DraftSequence(LLamaSeqId id, int vocabulary, double rate) : IGuesses
{
    private const double Smoothing = 1.0 / 8;

    // A text that was hard to guess may not be further on; so many steps later it counts as most do.
    private const double Forgetting = 1.0 / 128;

    private readonly List<int> _read = [];
    private readonly int[] _guesses = new int[DraftPlanner.Most];
    private int _known;

    // The last guesses: how many tokens there were before them, how many guesses were wanted, and how many there are.
    private int _before;
    private int _wanted;
    private int _made;

    private double _rate = rate;

    public LLamaSeqId Id => id;

    /// <summary>Tokens that the draft's memory holds, guessed ones too.</summary>
    public int Read => _read.Count;

    /// <summary>Tokens to read before it can guess.</summary>
    public int Behind { get; private set; }

    /// <summary>Whether a token has come that the draft does not know, or it is made to sit this step out.</summary>
    public bool IsOut { get; set; }

    /// <summary>Whether it is to guess a few tokens whatever is known of it, so that more is.</summary>
    public bool IsTrial { get; set; }

    /// <inheritdoc/>
    public double Seconds { get; set; }

    /// <inheritdoc/>
    public double Rate(int index) => IsOut ? 0 : !IsTrial ? _rate : index < DraftModel.TrialGuesses ? 1 : 0;

    /// <summary>Compares the last guesses with what came.</summary>
    /// <param name="tokens">All tokens of the sequence.</param>
    /// <param name="all">How often guesses are right, of all sequences; learns from these too.</param>
    public void Follow(ReadOnlySpan<int> tokens, ref double all)
    {
        _rate += _wanted == 0 ? Forgetting * (all - _rate) : 0;

        // A guess that the draft was not sure enough to make counts as a wrong one: it was planned for.
        for (var i = 0; i < _wanted && _before + i < tokens.Length; i++)
        {
            var right = i < _made && tokens[_before + i] == _guesses[i];
            _rate += Smoothing * ((right ? 1 : 0) - _rate);
            all += Smoothing / 4 * ((right ? 1 : 0) - all);
            if (!right)
            {
                break;
            }
        }

        _wanted = 0;
        IsTrial = false;
        IsOut = _known < 0;
        for (; _known >= 0 && _known < tokens.Length; _known++)
        {
            if (tokens[_known] >= vocabulary)
            {
                (_known, IsOut) = (-1, true);
                break;
            }
        }

        // The last token is always read anew: what comes after it is the first guess.
        Behind = tokens.Length - CommonLength(tokens);
    }

    /// <summary>Begins guesses: what was read and is not what came is no longer read. Returns how many tokens still are.</summary>
    public int Begin(ReadOnlySpan<int> tokens, int wanted)
    {
        var common = CommonLength(tokens);
        _read.RemoveRange(common, _read.Count - common);
        (_before, _wanted, _made) = (tokens.Length, wanted, 0);
        return common;
    }

    /// <summary>Takes note of what the draft reads next.</summary>
    public void Add(ReadOnlySpan<int> tokens)
    {
        _read.AddRange(tokens);
        Behind -= tokens.Length;
    }

    /// <summary>Takes note of a guess.</summary>
    public void AddGuess(int token) => _guesses[_made++] = token;

    /// <summary>There were no guesses after all, for a reason that says nothing of them.</summary>
    public void TakeBack() => _wanted = 0;

    /// <summary>The draft's memory has nothing of it any more.</summary>
    public void StartOver()
    {
        _read.Clear();
        _wanted = 0;
    }

    private int CommonLength(ReadOnlySpan<int> tokens) =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_read).CommonPrefixLength(tokens[..^1]);
}
