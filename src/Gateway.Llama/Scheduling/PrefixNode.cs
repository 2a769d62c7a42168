using LLama.Native;

namespace Gateway.Llama.Scheduling;

/// <summary>
/// A stretch of tokens that follows its parent's. In the context it has a sequence id that holds these positions alone; or it waits in the host's
/// memory (<see cref="State"/>). What is in the context has all its ancestors there too.
/// </summary>
internal sealed class PrefixNode
{
    /// <summary>A root: no tokens.</summary>
    public PrefixNode(AdapterSet adapters, string? owner)
    {
        Root = this;
        Adapters = adapters;
        Owner = owner;
        Tokens = [];
    }

    public PrefixNode(PrefixNode parent, string? owner, int[] tokens)
    {
        Parent = parent;
        Root = parent.Root;
        Adapters = Root.Adapters;
        Owner = owner;
        Tokens = tokens;
        Start = parent.End;
        parent.Children.Add(this);
    }

    public PrefixNode Root { get; }

    public AdapterSet Adapters { get; }

    /// <summary>Whose it is; nobody else may find it. Null is everybody's. Below everybody's nodes there may be those of owners, never the other way round.</summary>
    public string? Owner { get; }

    public PrefixNode? Parent { get; set; }

    public List<PrefixNode> Children { get; } = [];

    public int[] Tokens { get; set; }

    /// <summary>Position of the first of <see cref="Tokens"/>.</summary>
    public int Start { get; set; }

    public int End => Start + Tokens.Length;

    /// <summary>The sequence that holds its positions; null while they are not in the context.</summary>
    public LLamaSeqId? Id { get; set; }

    /// <summary>Its positions in the host's memory; null while they are in the context.</summary>
    public byte[]? State { get; set; }

    /// <summary>First position that all layers had when it went to the host's memory.</summary>
    public int FirstSaved { get; set; }

    /// <summary>Requests that use it or a node below. While there are any it stays in the context.</summary>
    public int Pins { get; set; }

    /// <summary>When it was last of use, counted in uses.</summary>
    public long LastUsed { get; set; }

    public bool IsResident => Id is not null || Parent is null;
}

/// <summary>How far a prompt is known: to position <paramref name="Length"/>, which lies in <paramref name="Node"/> or at its end.</summary>
internal readonly record struct PrefixMatch(PrefixNode Node, int Length);
