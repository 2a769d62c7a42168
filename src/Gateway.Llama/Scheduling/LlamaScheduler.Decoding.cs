using System.Diagnostics;
using Gateway.Llama.Grammars.Matching;
using Gateway.Llama.Sampling;
using LLama.Exceptions;
using LLama.Native;
using Microsoft.Extensions.Logging;

namespace Gateway.Llama.Scheduling;

/// <content>Decoding what a step planned, drawing the next tokens, and what to do when a decode fails.</content>
internal sealed partial class LlamaScheduler
{
    private const int MostFailures = 3;

    private readonly int _batchSize;
    private readonly StepPlanner _planner;
    private readonly StepCost _cost = new();
    private readonly LLamaBatch _batch;
    private readonly TokenSampler _sampler;
    private readonly LogprobReader _logprobs = new();
    private readonly ContextThreads _threads;
    private long _promptTokens;
    private long _generatedTokens;
    private long _decodeSteps;
    private long _failedDecodes;
    private long _stepTicks;

    private void DecodeAlone(RunningSequence sequence)
    {
        while (!Volatile.Read(ref _closed))
        {
            // Less at a time after each failure: a smaller batch finds room in the memory sooner.
            sequence.Guess(0);
            sequence.Scheduled = Math.Min(sequence.Pending, Math.Max(1, _batchSize >> (2 * sequence.Failures)));
            var result = Decode([sequence]);
            if (result == DecodeResult.Ok)
            {
                return;
            }

            if (++sequence.Failures >= MostFailures)
            {
                Log.DecodeFailed(_logger, (int)result, sequence.Scheduled, sequence.Decoded);
                Finish(sequence, FinishReason.Error, new InvalidOperationException($"llama_decode failed with {(int)result} ({result})."));
                return;
            }
        }
    }

    private DecodeResult Decode(IReadOnlyList<RunningSequence> group)
    {
        _batch.Clear();
        var answers = 0;
        foreach (var sequence in group)
        {
            answers += sequence.Pending == 1 ? 1 + sequence.Guesses : 0;
            sequence.AddTo(_batch);
        }

        _threads.Prepare();
        var started = Stopwatch.GetTimestamp();
        var result = _context.Decode(_batch);
        if (result != DecodeResult.Ok)
        {
            Volatile.Write(ref _failedDecodes, _failedDecodes + 1);
            RollBack(group, result);
            return result;
        }

        _turns.Record(_batch.TokenCount);
        var elapsed = Stopwatch.GetElapsedTime(started);
        Govern(_batch.TokenCount - answers, answers, elapsed);
        Volatile.Write(ref _decodeSteps, _decodeSteps + 1);
        Volatile.Write(ref _stepTicks, _stepTicks + elapsed.Ticks);
        foreach (var sequence in group)
        {
            sequence.Failures = 0;
            var wasReading = sequence.IsReading;
            var read = sequence.AdvancePrompt();
            Volatile.Write(ref _promptTokens, _promptTokens + read);
            sequence.Tenant.Count.AddPrompt(read);
            if ((wasReading && !sequence.IsReading) || sequence.Decoded == sequence.Checkpoint)
            {
                // From now on others may begin with it.
                Publish(sequence);
            }

            if (sequence.LogitsIndex >= 0)
            {
                DrawTokens(sequence);
            }
        }

        return DecodeResult.Ok;
    }

    private void Govern(int promptTokens, int answerTokens, TimeSpan elapsed)
    {
        if (_applied != _governed)
        {
            // The first decode after a change of adapters builds its graph anew, which says nothing about threads.
            _governed = _applied;
            return;
        }

        _threads.Record(promptTokens + answerTokens, elapsed);
        _cost.Record(promptTokens, answerTokens, elapsed);
        if (promptTokens == 0)
        {
            TimesNow.Record(answerTokens, elapsed);
        }
    }

    /// <summary>A failed decode leaves the parts of it that were done: takes them back, so that the memory is again what it was.</summary>
    private void RollBack(IReadOnlyList<RunningSequence> group, DecodeResult result)
    {
        if (result == DecodeResult.ComputeAborted && !Volatile.Read(ref _closed))
        {
            _abort.CountDown();
        }

        if (_tree.Kind == PrefixMemory.Checkpoints)
        {
            StartAllOver();
            return;
        }

        foreach (var sequence in group)
        {
            if (!NativeApi.llama_memory_seq_rm(_context.Memory, sequence.Id, sequence.Decoded, -1))
            {
                Clear(sequence);
            }
        }
    }

    /// <summary>
    /// A recurrent model cannot take back a part. And libllama moves states about in a decode, those of sequences that have no part in it too: after
    /// one that failed, none is what it should be. All go on from their own tokens.
    /// </summary>
    private void StartAllOver()
    {
        _context.MemoryClear(data: false);
        _tree.Clear();
        FreeAllIds();
        foreach (var sequence in _running)
        {
            sequence.StartOver();
            sequence.Id = _freeIds.Pop();
        }
    }

    /// <summary>Draws a token from a row of logits, the first or that of a guess. Null when the answer has ended, with it or without.</summary>
    private int? DrawNext(RunningSequence sequence, int row)
    {
        var logits = LogitsOf(sequence.LogitsIndex + row);
        var topLogprobs = sequence.Generation.Request.TopLogprobs;
        if (topLogprobs is not null)
        {
            _logprobs.Keep(logits);
        }

        var token = logits.IsEmpty ? TokenSampler.None : _sampler.Draw(logits, sequence.Sampling);
        if (token != TokenSampler.None && sequence.Guard is { } guard && !guard.TryAccept(token))
        {
            token = DrawFitting(guard, logits, sequence);
            if (token == TokenSampler.None)
            {
                return null;
            }
        }

        if (token == TokenSampler.None)
        {
            Log.NoLogits(_logger, sequence.Decoded);
            Finish(sequence, FinishReason.Error, new InvalidOperationException("The model computed no usable probabilities; its weights are damaged."));
            return null;
        }

        Volatile.Write(ref _generatedTokens, _generatedTokens + 1);
        sequence.Tenant.Count.AddGenerated();
        sequence.Tenant.Serve(FairQueue.AnswerToken);
        var logprob = topLogprobs is { } count ? _logprobs.Read(token, count) : null;
        if (sequence.Accept(token, _tokenizer, logprob) is { } reason)
        {
            Finish(sequence, reason);
            return null;
        }

        return token;
    }

    private Span<float> LogitsOf(int index)
    {
        try
        {
            return _context.GetLogitsIth(index);
        }
        catch (GetLogitsInvalidIndexException)
        {
            return [];
        }
    }

    /// <summary>Draws among the tokens that fit the grammar; ends the sequence when there is none.</summary>
    private int DrawFitting(AnswerGuard guard, Span<float> logits, RunningSequence sequence)
    {
        guard.Mask(logits);
        var token = _sampler.DrawAgain(logits, sequence.Sampling);
        if (token != TokenSampler.None && guard.TryAccept(token))
        {
            return token;
        }

        Finish(sequence, FinishReason.Error, new InvalidOperationException(guard.IsOverworked
            ? "The grammar of the answer can be read in too many ways at once to be followed: options that begin alike are to be told apart earlier."
            : "No token of the model fits the grammar of the answer."));
        return TokenSampler.None;
    }

    private static partial class Log
    {
        [LoggerMessage(9010, LogLevel.Error, "llama_decode failed with {Result} for one request alone ({Tokens} tokens from position {Position}); that request is given up.")]
        public static partial void DecodeFailed(ILogger logger, int result, int tokens, int position);

        [LoggerMessage(9011, LogLevel.Error, "The model computed no usable probabilities at position {Position}; its weights are damaged. The request is given up.")]
        public static partial void NoLogits(ILogger logger, int position);

        [LoggerMessage(9012, LogLevel.Error, "A step of the scheduler failed; all requests are given up.")]
        public static partial void StepFailed(ILogger logger, Exception exception);
    }
}
