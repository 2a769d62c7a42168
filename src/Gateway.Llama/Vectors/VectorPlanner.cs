namespace Gateway.Llama.Vectors;

/// <summary>
/// Puts together the next batch: a text of each job in turn, so that one with thousands of texts holds nobody up. When the text whose turn
/// it is does not fit any more, the batch is closed and it comes first in the next: a long one never waits for ever.
/// </summary>
internal sealed class VectorPlanner(int mostTokens, int mostTexts)
{
    private readonly Queue<VectorJob> _turns = new();
    private readonly List<VectorItem> _batch = [];

    public bool IsEmpty => _turns.Count == 0;

    public void Add(VectorJob job) => _turns.Enqueue(job);

    /// <summary>Takes out the jobs of which <paramref name="isGone"/> says so, and gives each to <paramref name="leave"/>.</summary>
    public void Remove(Func<VectorJob, bool> isGone, Action<VectorJob> leave)
    {
        for (var left = _turns.Count; left > 0; left--)
        {
            var job = _turns.Dequeue();
            if (isGone(job))
            {
                leave(job);
            }
            else
            {
                _turns.Enqueue(job);
            }
        }
    }

    /// <summary>The next batch, good until the next call. A text longer than a batch comes alone.</summary>
    public IReadOnlyList<VectorItem> Plan()
    {
        _batch.Clear();
        var tokens = 0;
        while (_batch.Count < mostTexts && _turns.TryPeek(out var job))
        {
            tokens += job.NextText.Length;
            if (tokens > mostTokens && _batch.Count > 0)
            {
                break;
            }

            _batch.Add(job.Take());
            _turns.Dequeue();
            if (job.HasNext)
            {
                _turns.Enqueue(job);
            }
        }

        return _batch;
    }
}
