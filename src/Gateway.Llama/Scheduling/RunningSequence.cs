using System.Buffers;
using System.Text;
using Gateway.Llama.Grammars.Matching;
using Gateway.Llama.Sampling;
using Gateway.Llama.Speculation;
using Gateway.Llama.Tokenizing;
using LLama.Native;

namespace Gateway.Llama.Scheduling;

/// <summary>
/// A request in the scheduler, waiting or with a place in the context. It knows all its tokens, of the prompt and generated; those beyond
/// <see cref="Decoded"/> are still to be decoded. When its memory is taken, by a failure or for others, it goes on from its own tokens later, and its
/// reader sees no difference.
/// </summary>
internal sealed class RunningSequence
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly StopMatcher _stops;
    private readonly IReadOnlySet<int> _visible;
    private int[] _tokens;
    private int _count;
    private int[] _guesses = [];
    private int _promptRead;

    // UTF-16 code units of the answer that are decoded, those held back included.
    private int _textLength;

    public RunningSequence(Generation generation, Tenant tenant, long order = 0)
    {
        Generation = generation;
        Tenant = tenant;
        Order = order;
        Sampling = new SamplingState(generation.Request.Sampling);
        _stops = new StopMatcher(generation.Request.Stop);
        _visible = generation.Request.VisibleTokens;
        _count = generation.Prompt.Length;
        _tokens = generation.Prompt;
    }

    public Generation Generation { get; }

    public Tenant Tenant { get; }

    /// <summary>Counts up as requests come.</summary>
    public long Order { get; }

    public int Priority => Generation.Request.Priority;

    /// <summary>Whether its reader has left.</summary>
    public bool IsCancelled => Generation.CancellationToken.IsCancellationRequested;

    /// <summary>Tells the scheduler when its reader leaves.</summary>
    public CancellationTokenRegistration Leaving { get; set; }

    /// <summary>The round of the queue that passed it over.</summary>
    public long PassedIn { get; set; } = -1;

    /// <summary>Its sequence in the context; only while it has a place there.</summary>
    public LLamaSeqId Id { get; set; }

    public AdapterSet Adapters => Generation.Adapters;

    /// <summary>Whose its tokens are.</summary>
    public PrefixScope Scope => new(Adapters, Tenant.Name, Generation.Request.PublicTokens);

    public SamplingState Sampling { get; }

    /// <summary>Keeps the answer to its grammar; null when it has none.</summary>
    public AnswerGuard? Guard { get; set; }

    /// <summary>All tokens that are known: the prompt and what was generated.</summary>
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, _count);

    public int Count => _count;

    /// <summary>Tokens that may still be generated.</summary>
    public int Remaining => Generation.Cells - _count;

    /// <summary>What it shares with the tree of prefixes; null when nothing.</summary>
    public PrefixNode? Shared { get; set; }

    /// <summary>Up to here its cells are counted at the tree.</summary>
    public int SharedEnd { get; set; }

    /// <summary>Cells that it has of positions before <see cref="SharedEnd"/> although the tree has its own: it computed them when they were not there yet.</summary>
    public int Duplicates { get; set; }

    /// <summary>Cells that nobody else has.</summary>
    public int OwnCells => Decoded - SharedEnd + Duplicates;

    /// <summary>Cells that it was let in with; it may get more when there are.</summary>
    public int Reserved { get; set; }

    /// <summary>A position to stop at once, since a state is to be kept there that others can begin with; 0 when there is none.</summary>
    public int Checkpoint { get; set; }

    /// <summary>Further tokens that a step may take.</summary>
    public int CanTake => (Checkpoint > Decoded ? Math.Min(_count, Checkpoint) : _count) - Decoded - Scheduled;

    /// <summary>Whether its prompt is still being read.</summary>
    public bool IsReading => Decoded < Generation.Prompt.Length;

    /// <summary>Tokens that the context's memory holds.</summary>
    public int Decoded { get; set; }

    /// <summary>Tokens that are to be decoded before the next one can be drawn: one while generating, more of a prompt.</summary>
    public int Pending => _count - Decoded;

    /// <summary>Tokens that the step which is being planned leaves.</summary>
    public int Left => Pending - Scheduled;

    /// <summary>How many of <see cref="Pending"/> the next decode takes.</summary>
    public int Scheduled { get; set; }

    /// <summary>Tokens beyond <see cref="Pending"/> that the next decode takes too, guessed.</summary>
    public int Guesses { get; private set; }

    /// <summary>Those tokens.</summary>
    public Span<int> GuessedTokens => _guesses.AsSpan(0, Guesses);

    /// <summary>What is known of its guesses; the <see cref="IGuessSource"/>'s.</summary>
    public IGuesses? Guesser { get; set; }

    /// <summary>Index of the entry in the batch that gives the next token's logits; those of guesses follow it. -1 when the prompt goes on.</summary>
    public int LogitsIndex { get; private set; }

    /// <summary>Decodes of this sequence alone that failed, one after the other.</summary>
    public int Failures { get; set; }

    /// <summary>Whether it comes before another of its tenant.</summary>
    public bool GoesBefore(RunningSequence other) => Priority != other.Priority ? Priority > other.Priority : Order < other.Order;

    /// <summary>Takes note of what it shares with the tree from now on: what it begins with, or what it has put there.</summary>
    /// <param name="match">How far the tree has it. Pinned.</param>
    /// <param name="taken">Of its own cells, how many became the tree's.</param>
    public void Share(PrefixMatch match, int taken = 0)
    {
        var own = OwnCells - taken;
        Decoded = Math.Max(Decoded, match.Length);
        _promptRead = Math.Max(_promptRead, Math.Min(Decoded, Generation.Prompt.Length));
        Reserved = Math.Max(0, Reserved - taken);
        Shared = match.Node.Parent is null ? null : match.Node;
        SharedEnd = match.Length;
        Duplicates = own - (Decoded - SharedEnd);
    }

    /// <summary>The context has nothing of it any more.</summary>
    public void StartOver() => (Decoded, Shared, SharedEnd, Duplicates, Checkpoint) = (0, null, 0, 0, 0);

    public void AddTo(LLamaBatch batch)
    {
        LogitsIndex = -1;
        for (var i = 0; i < Scheduled; i++)
        {
            var at = Decoded + i;
            var last = at == _count - 1;
            var index = batch.Add(_tokens[at], at, Id, logits: last);
            if (last)
            {
                LogitsIndex = index;
            }
        }

        for (var i = 0; i < Guesses; i++)
        {
            batch.Add(_guesses[i], _count + i, Id, logits: true);
        }
    }

    /// <summary>Sets how many guessed tokens the next decode takes.</summary>
    public void Guess(int count)
    {
        _guesses = count > 0 && _guesses.Length == 0 ? new int[DraftPlanner.Most] : _guesses;
        Guesses = count;
    }

    /// <summary>Whether a token is what was guessed in its place.</summary>
    public bool IsGuess(int index, int token) => index < Guesses && _guesses[index] == token;

    /// <summary>The scheduled tokens are decoded. Returns how many of them were the prompt's, not counted again when it starts over.</summary>
    public int AdvancePrompt()
    {
        Decoded += Scheduled;
        var read = Math.Max(0, Math.Min(Decoded, Generation.Prompt.Length) - _promptRead);
        _promptRead += read;
        return read;
    }

    /// <summary>Takes a drawn token. Returns why the generation ends with it, or null when it goes on.</summary>
    /// <param name="token">The token.</param>
    /// <param name="tokenizer">Knows its text.</param>
    /// <param name="logprob">Its log probability, where the request asks for that.</param>
    public FinishReason? Accept(int token, LlamaTokenizer tokenizer, GeneratedToken? logprob = null)
    {
        Generation.CountToken(token);
        Sampling.Accept(token);
        var generated = _count - Generation.Prompt.Length + 1;
        if (tokenizer.Special.EndsGeneration(token))
        {
            return FinishReason.Stop;
        }

        AppendText(token, tokenizer, logprob);
        if (_stops.Stopped || Guard is { MustEnd: true })
        {
            return FinishReason.Stop;
        }

        if (generated >= Generation.MaxTokens)
        {
            return FinishReason.Length;
        }

        if (_count == _tokens.Length)
        {
            Array.Resize(ref _tokens, Math.Min(_count + Math.Max(64, _count / 2), Generation.Cells));
        }

        _tokens[_count++] = token;
        return null;
    }

    /// <summary>Passes on what was held back: half a character, or what could have become a stop text.</summary>
    public void Flush()
    {
        Span<char> rest = stackalloc char[4];
        var length = _decoder.GetChars([], rest, flush: true);
        _stops.Append(rest[..length], Generation);
        _stops.Flush(Generation);
    }

    private void AppendText(int token, LlamaTokenizer tokenizer, GeneratedToken? logprob)
    {
        Span<byte> bytes = stackalloc byte[256];
        var special = _visible.Count > 0 && _visible.Contains(token);
        var length = tokenizer.TokenToSpan(token, bytes, special);
        if (length < 0)
        {
            bytes = new byte[-length];
            length = tokenizer.TokenToSpan(token, bytes, special);
        }

        // A character may be spread over tokens; the decoder keeps the beginning of one. A byte gives at most one UTF-16 unit, and what was
        // kept at most two more.
        Span<char> chars = length <= 256 ? stackalloc char[256 + 4] : new char[length + 4];
        var count = _decoder.GetChars(bytes[..length], chars, flush: false);
        _textLength += count;
        if (logprob is not null)
        {
            Generation.HoldLogprob(logprob, _textLength + (EndsInCharacter(bytes[..length], count) ? 1 : 0));
        }

        _stops.Append(chars[..count], Generation);
    }

    /// <summary>Whether the decoder keeps bytes of a character that goes on in the next token: all of these bytes, or those at their end.</summary>
    private static bool EndsInCharacter(ReadOnlySpan<byte> bytes, int decoded) =>
        bytes.Length > 0 && (decoded == 0 || Rune.DecodeLastFromUtf8(bytes, out _, out _) == OperationStatus.NeedMoreData);
}
