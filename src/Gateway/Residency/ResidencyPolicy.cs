using Gateway.Exchanges;

namespace Gateway.Residency;

/// <summary>What a tenant permits, made of the configuration's policy and its bases: part of the snapshot that requests go by.</summary>
/// <param name="Name">Its name; null for that of tenants without one.</param>
/// <param name="Index">Where its decisions stand in the tables of models.</param>
/// <param name="Hash">Twelve hexadecimal digits that change with any of its rules, the countries of its groups included.</param>
/// <param name="Rules">For each class of data, at its rank, where it may go.</param>
internal sealed record ResidencyPolicy(string? Name, int Index, string Hash, IReadOnlyList<ClassRule> Rules)
{
    /// <summary>Caps on dependence, those of its bases too.</summary>
    public IReadOnlyList<CapModel> Caps { get; init; } = [];

    public ClassRule RuleOf(DataClass dataClass) => Rules[dataClass.Rank];
}
