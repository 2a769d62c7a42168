using System.Text;
using System.Threading.Channels;
using Gateway.Llama.Scheduling;

namespace Gateway.Llama;

/// <summary>A piece of an answer.</summary>
/// <param name="Text">Text since the piece before; whole characters only.</param>
/// <param name="Tokens">Tokens generated since then, counted even while their text is held back.</param>
/// <param name="IsLast">Whether the generation has ended.</param>
public readonly record struct GenerationChunk(string Text, int Tokens, bool IsLast)
{
    private readonly IReadOnlyList<GeneratedToken>? _logprobs;

    /// <summary>
    /// The tokens that <see cref="Text"/> consists of, where <see cref="GenerationRequest.TopLogprobs"/> asked for them. A token comes with the
    /// last of its text: one whose text is held back comes later, one that reaches into a stop text never, nor does the one that ends a turn.
    /// </summary>
    public IReadOnlyList<GeneratedToken> Logprobs
    {
        get => _logprobs ?? [];
        internal init => _logprobs = value;
    }
}

/// <summary>
/// An answer in the making. The engine never waits for its reader: what is not read yet gathers here, bounded by
/// <see cref="GenerationRequest.MaxTokens"/>. For one reader.
/// </summary>
public sealed class Generation
{
    private readonly Lock _lock = new();
    private readonly StringBuilder _text = new();
    private readonly List<int> _tokenIds = [];
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    // Log probabilities of tokens whose text is not all out, each with the length that the answer has when it is.
    private readonly Queue<(GeneratedToken Token, int End)> _heldTokens = new();

    private List<GeneratedToken>? _logprobs;
    private int _textLength;
    private int _tokensRead;
    private int _cachedTokens;
    private bool _started;
    private FinishReason? _finishReason;
    private Exception? _error;

    internal Generation(GenerationRequest request, int[] prompt, int maxTokens, CancellationToken cancellationToken)
    {
        Request = request;
        Prompt = prompt;
        MaxTokens = maxTokens;
        CancellationToken = cancellationToken;
    }

    /// <summary>Why it ended; null until then.</summary>
    public FinishReason? FinishReason
    {
        get
        {
            lock (_lock)
            {
                return _finishReason;
            }
        }
    }

    /// <summary>What failed, when <see cref="FinishReason"/> is <see cref="Llama.FinishReason.Error"/>. Holds no text of the request.</summary>
    public Exception? Error
    {
        get
        {
            lock (_lock)
            {
                return _error;
            }
        }
    }

    /// <summary>Whether the engine has begun to work on it: before that nothing was used.</summary>
    public bool HasStarted => Volatile.Read(ref _started);

    /// <summary>Tokens of the prompt.</summary>
    public int PromptTokens => Prompt.Length;

    /// <summary>Of <see cref="PromptTokens"/>, those that an earlier request of the same owner had left in the cache.</summary>
    public int CachedTokens
    {
        get => Volatile.Read(ref _cachedTokens);
        internal set => Volatile.Write(ref _cachedTokens, value);
    }

    /// <summary>
    /// Tokens drawn from the model until now, with the one that ended the answer (the end-of-turn token, or the last of a stop text), as
    /// llama-server counts them.
    /// </summary>
    public int CompletionTokens
    {
        get
        {
            lock (_lock)
            {
                return _tokenIds.Count;
            }
        }
    }

    /// <summary>Timestamp of its coming.</summary>
    internal long QueuedAt { get; set; }

    internal GenerationRequest Request { get; }

    internal AdapterSet Adapters { get; init; } = AdapterSet.None;

    internal int[] Prompt { get; }

    /// <summary>The request's limit, cut to what the context leaves.</summary>
    internal int MaxTokens { get; }

    /// <summary>Cells of the KV cache that it may take at most.</summary>
    internal int Cells => Prompt.Length + MaxTokens;

    internal CancellationToken CancellationToken { get; }

    /// <summary>The tokens drawn until now.</summary>
    internal int[] TokenIds
    {
        get
        {
            lock (_lock)
            {
                return [.. _tokenIds];
            }
        }
    }

    /// <summary>
    /// Waits until there is something and returns all of it. After the last chunk it returns that end again, without text. Errors of the
    /// engine are not thrown but found in <see cref="FinishReason"/> and <see cref="Error"/>.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting, not the generation.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async ValueTask<GenerationChunk> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            // The signal is taken before looking, so that one that comes in between is not lost.
            _signal.Reader.TryRead(out _);
            if (TryRead(out var chunk))
            {
                return chunk;
            }

            await _signal.Reader.WaitToReadAsync(cancellationToken);
        }
    }

    /// <summary>As <see cref="ReadAsync"/>, but false where that would wait.</summary>
    public bool TryRead(out GenerationChunk chunk)
    {
        lock (_lock)
        {
            var last = _finishReason is not null;
            if (_text.Length == 0 && !last)
            {
                chunk = default;
                return false;
            }

            chunk = new GenerationChunk(_text.ToString(), _tokenIds.Count - _tokensRead, last);
            if (_logprobs is not null)
            {
                chunk = chunk with { Logprobs = _logprobs };
                _logprobs = null;
            }

            _text.Clear();
            _tokensRead = _tokenIds.Count;
            return true;
        }
    }

    internal void Start() => Volatile.Write(ref _started, true);

    internal void CountToken(int token)
    {
        lock (_lock)
        {
            _tokenIds.Add(token);
        }
    }

    /// <summary>Takes a token's log probability, to be told once the answer is <paramref name="end"/> UTF-16 code units long.</summary>
    internal void HoldLogprob(GeneratedToken token, int end)
    {
        lock (_lock)
        {
            _heldTokens.Enqueue((token, end));
            ReleaseLogprobs();
        }
    }

    internal void Append(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            return;
        }

        lock (_lock)
        {
            _text.Append(text);
            _textLength += text.Length;
            ReleaseLogprobs();
        }

        _signal.Writer.TryWrite(true);
    }

    internal void Finish(FinishReason reason, Exception? error = null)
    {
        lock (_lock)
        {
            _finishReason ??= reason;
            _error ??= error;
        }

        _signal.Writer.TryWrite(true);
    }

    private void ReleaseLogprobs()
    {
        while (_heldTokens.TryPeek(out var held) && held.End <= _textLength)
        {
            (_logprobs ??= []).Add(_heldTokens.Dequeue().Token);
        }
    }
}
