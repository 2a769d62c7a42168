using System.Buffers;
using System.Text;
using Gateway.Llama.Grammars.Matching;
using Gateway.Llama.Sampling;
using Gateway.Llama.Tokenizing;
using LLama.Native;

namespace Gateway.Llama.Scheduling;

/// <summary>
/// A request that has a place in the context. It knows all its tokens, of the prompt and generated; those beyond
/// <see cref="Decoded"/> are still to be decoded. After a failure that took its memory it simply starts over from its own tokens.
/// </summary>
internal sealed class RunningSequence
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly StopMatcher _stops;
    private readonly IReadOnlySet<int> _visible;
    private int[] _tokens;
    private int _count;
    private int _promptRead;

    // UTF-16 code units of the answer that are decoded, those held back included.
    private int _textLength;

    public RunningSequence(Generation generation, LLamaSeqId id, AnswerGuard? guard = null)
    {
        Generation = generation;
        Id = id;
        Guard = guard;
        Sampling = new SamplingState(generation.Request.Sampling);
        _stops = new StopMatcher(generation.Request.Stop);
        _visible = generation.Request.VisibleTokens;
        _count = generation.Prompt.Length;
        _tokens = new int[_count + Math.Min(generation.MaxTokens, 64)];
        generation.Prompt.CopyTo(_tokens, 0);
    }

    public Generation Generation { get; }

    public LLamaSeqId Id { get; }

    public AdapterSet Adapters => Generation.Adapters;

    public SamplingState Sampling { get; }

    /// <summary>Keeps the answer to its grammar; null when it has none.</summary>
    public AnswerGuard? Guard { get; }

    /// <summary>Tokens that the context's memory holds.</summary>
    public int Decoded { get; set; }

    /// <summary>Tokens that are to be decoded before the next one can be drawn: one while generating, more of a prompt.</summary>
    public int Pending => _count - Decoded;

    /// <summary>How many of <see cref="Pending"/> the next decode takes.</summary>
    public int Scheduled { get; set; }

    /// <summary>Index of the entry in the batch that gives the next token's logits; -1 when the prompt goes on.</summary>
    public int LogitsIndex { get; private set; }

    /// <summary>Decodes of this sequence alone that failed, one after the other.</summary>
    public int Failures { get; set; }

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
    }

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
            Array.Resize(ref _tokens, Math.Min(2 * _count, Generation.Cells));
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
