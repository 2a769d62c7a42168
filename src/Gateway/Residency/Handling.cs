using Gateway.Exchanges;

namespace Gateway.Residency;

/// <summary>What a request is where it goes.</summary>
/// <param name="DataClass">Its class as it came, which deployments in this process get.</param>
/// <param name="Elsewhere">Its class as deployments elsewhere get it, with placeholders in place of personal data.</param>
/// <param name="State">Whether that is without personal data.</param>
internal readonly record struct Handling(DataClass DataClass, DataClass Elsewhere, RedactionState State)
{
    /// <summary>The same everywhere, and nothing known of personal data in it.</summary>
    public static Handling AsItCame(DataClass dataClass) => new(dataClass, dataClass, RedactionState.NotDone);

    /// <summary>The class that counts at a deployment.</summary>
    public DataClass ClassFor(Placement placement) => placement.IsLocal ? DataClass : Elsewhere;

    /// <summary>Whether a policy says the same of it as of the class alone.</summary>
    public bool IsAsItCame(ResidencyPolicy policy) =>
        DataClass.Rank == Elsewhere.Rank && (State == RedactionState.NotDone || (State == RedactionState.Done && !policy.RuleOf(Elsewhere).MustRedact));

    /// <summary>For the id of a decision: the class, and what is special.</summary>
    public override string ToString() =>
        $"{DataClass.Name}{(Elsewhere.Rank == DataClass.Rank ? "" : $"\nelsewhere {Elsewhere.Name}")}{(State == RedactionState.NotDone ? "" : $"\nredaction {State}")}";
}

/// <summary>Whether what deployments elsewhere get of a request is without personal data.</summary>
internal enum RedactionState
{
    /// <summary>Nobody can say so.</summary>
    NotDone,

    /// <summary>All of it was read, and all that was found is replaced.</summary>
    Done,

    /// <summary>It was to be replaced and could not be; so nothing leaves.</summary>
    Failed,
}
