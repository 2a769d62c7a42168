namespace Gateway.Llama.Scheduling;

/// <summary>One of those who share an engine.</summary>
internal sealed class Tenant(string name, TenantCount? count = null)
{
    /// <summary>The owner that requests name; empty for those that name none.</summary>
    public string Name { get; } = name;

    /// <summary>What is told of it.</summary>
    public TenantCount Count { get; } = count ?? new(name);

    /// <summary>Its share beside others: twice the weight, twice the tokens. That of its latest request.</summary>
    public double Weight { get; set; } = 1;

    /// <summary>Work done for it, divided by its weight: whoever has least of this is next.</summary>
    public double Served { get; private set; }

    /// <summary>Requests that wait, the next first: by priority, then as they came.</summary>
    public LinkedList<RunningSequence> Waiting { get; } = new();

    /// <summary>Requests that have a place.</summary>
    public int Running
    {
        get;
        set
        {
            Count.AddRunning(value - field);
            field = value;
        }
    }

    /// <summary>Requests that have not ended. Guarded by the intake's lock.</summary>
    public int InFlight
    {
        get;
        set
        {
            Count.AddInFlight(value - field);
            field = value;
        }
    }

    public bool IsActive => Running > 0 || Waiting.Count > 0;

    /// <summary>Takes note of tokens computed for it.</summary>
    public void Serve(double tokens) => Served += tokens / Weight;

    /// <summary>It has been away: no claim is saved up meanwhile.</summary>
    public void CatchUp(double served) => Served = Math.Max(Served, served);

    /// <summary>Puts a request where its priority and its coming belong.</summary>
    public void Enqueue(RunningSequence sequence)
    {
        var after = Waiting.Last;
        while (after is not null && sequence.GoesBefore(after.Value))
        {
            after = after.Previous;
        }

        if (after is null)
        {
            Waiting.AddFirst(sequence);
        }
        else
        {
            Waiting.AddAfter(after, sequence);
        }
    }
}
