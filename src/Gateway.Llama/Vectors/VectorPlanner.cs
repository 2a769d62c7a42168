namespace Gateway.Llama.Vectors;

/// <summary>
/// Puts together the next batch: a text of each owner in turn, and of the owner's jobs in turn, so that neither many requests nor one with thousands
/// of texts hold others up. When the text whose turn it is does not fit any more, the batch is closed and it comes first in the next: a long one
/// never waits for ever.
/// </summary>
internal sealed class VectorPlanner(int mostTokens, int mostTexts)
{
    // Each has a job.
    private readonly Queue<Queue<VectorJob>> _turns = new();
    private readonly List<VectorItem> _batch = [];

    public bool IsEmpty => _turns.Count == 0;

    public void Add(VectorJob job)
    {
        foreach (var jobs in _turns)
        {
            if (string.Equals(jobs.Peek().Owner, job.Owner, StringComparison.Ordinal))
            {
                jobs.Enqueue(job);
                return;
            }
        }

        _turns.Enqueue(new Queue<VectorJob>([job]));
    }

    /// <summary>Takes out the jobs of which <paramref name="isGone"/> says so, and gives each to <paramref name="leave"/>.</summary>
    public void Remove(Func<VectorJob, bool> isGone, Action<VectorJob> leave)
    {
        for (var owners = _turns.Count; owners > 0; owners--)
        {
            var jobs = _turns.Dequeue();
            for (var left = jobs.Count; left > 0; left--)
            {
                var job = jobs.Dequeue();
                if (isGone(job))
                {
                    leave(job);
                }
                else
                {
                    jobs.Enqueue(job);
                }
            }

            if (jobs.Count > 0)
            {
                _turns.Enqueue(jobs);
            }
        }
    }

    /// <summary>The next batch, good until the next call. A text longer than a batch comes alone.</summary>
    public IReadOnlyList<VectorItem> Plan()
    {
        _batch.Clear();
        var tokens = 0;
        while (_batch.Count < mostTexts && _turns.TryPeek(out var jobs))
        {
            var job = jobs.Peek();
            tokens += job.NextText.Length;
            if (tokens > mostTokens && _batch.Count > 0)
            {
                break;
            }

            _batch.Add(job.Take());
            _turns.Dequeue();
            jobs.Dequeue();
            if (job.HasNext)
            {
                jobs.Enqueue(job);
            }

            if (jobs.Count > 0)
            {
                _turns.Enqueue(jobs);
            }
        }

        return _batch;
    }
}
