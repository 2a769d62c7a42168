namespace Gateway.Exchanges;

/// <summary>How sensitive a request is: one of the classes of a configuration. Rising: a caller may raise it, never lower it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rank">Where it stands in the list, from 0, the least sensitive.</param>
/// <param name="IsSensitive">Whether it is of the upper half of its list, where what is not said is decided the careful way.</param>
internal sealed record DataClass(string Name, int Rank, bool IsSensitive)
{
    public override string ToString() => Name;
}
