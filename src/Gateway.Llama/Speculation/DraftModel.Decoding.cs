using System.Diagnostics;
using Gateway.Llama.Sampling;
using Gateway.Llama.Scheduling;
using LLama.Exceptions;
using LLama.Native;
using Microsoft.Extensions.Logging;

namespace Gateway.Llama.Speculation;

/// <content>Reading what sequences are behind by, guessing one token of each at a time, and what to do when a decode fails.</content>
internal sealed partial class DraftModel
{
    // Below that a guess is more likely wrong than right.
    private const float LeastConfidence = 0.5f;

    private readonly ILogger _logger;
    private readonly bool _mindsConfidence;
    private readonly int _batchSize;
    private readonly LLamaBatch _batch = new();
    private readonly TopTokens _top = new(1);
    private bool _isWarm;

    /// <summary>Lets those read on that are far behind, one piece for all of them; who still is guesses in a later step. False when the draft failed.</summary>
    private bool ReadOn()
    {
        _batch.Clear();
        var left = _reading.PromptTokens(_batchSize, besideOthers: true);
        for (var i = _guessing.Count - 1; i >= 0; i--)
        {
            var (sequence, draft) = (_guessing[i].Sequence, _guessing[i].Draft);
            if (draft.Behind <= FewBehind)
            {
                continue;
            }

            var piece = Math.Min(left, draft.Behind - 1);
            left -= piece;
            Read(sequence, draft, piece, logits: false);
            if (draft.Behind > FewBehind)
            {
                Drop(sequence, draft);
                _guessing.RemoveAt(i);

                // Which had too much to read for one step.
                _trialGoesOn = _isTrial;
            }
        }

        if (_batch.TokenCount == 0)
        {
            return true;
        }

        var started = Stopwatch.GetTimestamp();
        var done = TryDecode();
        _reading.Record(_batch.TokenCount, 0, Stopwatch.GetElapsedTime(started));
        return done;
    }

    /// <summary>One guess of each, then one more, until all have what they are to have.</summary>
    private void GuessOn()
    {
        _batch.Clear();
        for (var i = _guessing.Count - 1; i >= 0; i--)
        {
            var (sequence, draft) = (_guessing[i].Sequence, _guessing[i].Draft);
            if (_batch.TokenCount + draft.Behind <= _batchSize)
            {
                _guessing[i].Row = Read(sequence, draft, draft.Behind, logits: true);
            }
            else
            {
                Drop(sequence, draft);
                _guessing.RemoveAt(i);
            }
        }

        while (_batch.TokenCount > 0)
        {
            var started = Stopwatch.GetTimestamp();
            var tokens = _batch.TokenCount;
            if (!TryDecode())
            {
                return;
            }

            _batch.Clear();
            foreach (var guessing in _guessing)
            {
                guessing.Row = guessing.Row >= 0 && Likeliest(guessing.Row) is >= 0 and var token ? Take(guessing, token) : -1;
            }

            // The first builds its graph, and reads weights that nobody has touched yet.
            if (_isWarm)
            {
                TimesNow.Record(tokens, Stopwatch.GetElapsedTime(started));
            }

            _isWarm = true;
        }
    }

    /// <summary>Takes a guess. Returns the row of the one after it, -1 when there is to be none.</summary>
    private int Take(Guessing guessing, int token)
    {
        guessing.Sequence.GuessedTokens[guessing.Made++] = token;
        guessing.Draft.AddGuess(token);
        if (guessing.Made == guessing.Wanted || _draft.EndsGeneration(token))
        {
            return -1;
        }

        var at = guessing.Draft.Read;
        guessing.Draft.Add([token]);
        return _batch.Add(token, at, guessing.Draft.Id, logits: true);
    }

    private int Read(RunningSequence sequence, DraftSequence draft, int count, bool logits)
    {
        var (row, at) = (-1, draft.Read);
        var tokens = sequence.Tokens.Slice(at, count);
        for (var i = 0; i < count; i++)
        {
            row = _batch.Add(tokens[i], at + i, draft.Id, logits && i == count - 1);
        }

        draft.Add(tokens);
        return row;
    }

    /// <summary>The likeliest token of a row; -1 when the draft is not sure of it, or the model that answers does not know it.</summary>
    private int Likeliest(int row)
    {
        Span<float> logits;
        try
        {
            logits = _context.GetLogitsIth(row);
        }
        catch (GetLogitsInvalidIndexException)
        {
            return -1;
        }

        _top.Select(logits, 1);
        var isSure = _top.Count > 0
            && _top.Tokens[0] < _draft.TargetVocabularySize
            && (!_mindsConfidence || Math.Exp(_top.Logits[0] - LogprobReader.LogSumExp(logits, _top.Logits[0])) >= LeastConfidence);
        return isSure ? _top.Tokens[0] : -1;
    }

    private bool TryDecode()
    {
        var result = _context.Decode(_batch);
        if (result == DecodeResult.Ok)
        {
            _failures = 0;
            return true;
        }

        // Guesses are never needed: all of them begin again from their own tokens.
        _context.MemoryClear(data: false);
        _sequences.ForEach(s => s.StartOver());
        foreach (var guessing in _guessing)
        {
            guessing.Made = 0;
        }

        if (result != DecodeResult.ComputeAborted && ++_failures == MostFailures)
        {
            Log.Failed(_logger, _draft.Path, (int)result);
        }

        return false;
    }

    private static partial class Log
    {
        [LoggerMessage(9015, LogLevel.Warning, "Draft model '{Path}': llama_decode failed with {Result} again and again. Answers go on without its guesses.")]
        public static partial void Failed(ILogger logger, string path, int result);
    }
}
