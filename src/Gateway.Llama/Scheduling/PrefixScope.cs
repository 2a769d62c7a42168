namespace Gateway.Llama.Scheduling;

/// <summary>
/// What of the tree a prompt may find and leaves there: the first tokens may be everybody's (<see cref="GenerationRequest.PublicTokens"/>), those behind
/// them are its owner's alone. So the parts that many owners begin with are there once, and nobody learns of another's.
/// </summary>
/// <param name="Adapters">The adapters that it is computed with.</param>
/// <param name="Owner">Whose it is.</param>
/// <param name="Public">Tokens that are everybody's.</param>
internal readonly record struct PrefixScope(AdapterSet Adapters, string Owner, int Public = 0)
{
    /// <summary>Whose the token at a position is; null is everybody's.</summary>
    public string? OwnerAt(int position) => position < Public ? null : Owner;

    /// <summary>Where what begins at a position ceases to be the same owner's, within so many tokens.</summary>
    public int EndOf(int position, int count) => position < Public ? Math.Min(Public, count) : count;

    /// <summary>How many tokens of two prompts that agree in <paramref name="common"/> of them both may know of each other.</summary>
    public int ShareWith(PrefixScope other, int common) =>
        string.Equals(Owner, other.Owner, StringComparison.Ordinal) && Public == other.Public ? common : Math.Min(common, Math.Min(Public, other.Public));

    /// <summary>Whether a node may be found, by whose it is: of everybody's, what lies within this prompt's public tokens.</summary>
    public bool Sees(PrefixNode node) => node.Owner is null ? node.Start < Public : string.Equals(node.Owner, Owner, StringComparison.Ordinal);
}
