using Gateway.Llama.Scheduling;

namespace Gateway.Llama.Vectors;

/// <summary>Texts of one request, on their way to vectors. Only the scheduler's thread changes it.</summary>
internal sealed class VectorJob(IReadOnlyList<int[]> texts, CancellationToken cancellationToken, string owner = "")
{
    private readonly TaskCompletionSource<VectorResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly float[][] _vectors = new float[texts.Count][];
    private int _done;
    private int _computedTokens;

    public IReadOnlyList<int[]> Texts { get; } = texts;

    public string Owner => owner;

    /// <summary>What is told of its owner; set when it is queued.</summary>
    public TenantCount? Count { get; set; }

    /// <summary>Timestamp of its coming.</summary>
    public long QueuedAt { get; set; }

    /// <summary>Whether something of it was in a batch.</summary>
    public bool HasBegun { get; set; }

    public CancellationToken CancellationToken { get; } = cancellationToken;

    public Task<VectorResult> Result => _result.Task;

    /// <summary>Index of the text that is computed next.</summary>
    public int Next { get; private set; }

    public int[] NextText => Texts[Next];

    public bool HasNext => Next < Texts.Count;

    public bool HasEnded { get; private set; }

    public bool IsDone => _done == Texts.Count;

    public VectorItem Take()
    {
        _computedTokens += NextText.Length;
        return new(this, Next++);
    }

    public void Set(int index, float[] vector)
    {
        _vectors[index] = vector;
        _done++;
    }

    public void Finish(FinishReason reason, Exception? error = null)
    {
        HasEnded = true;
        _result.TrySetResult(new(reason, reason == FinishReason.Stop ? _vectors : [], error) { ComputedTokens = _computedTokens });
    }
}

/// <summary>One text of a job.</summary>
internal readonly record struct VectorItem(VectorJob Job, int Index)
{
    public int[] Tokens => Job.Texts[Index];
}
