namespace Gateway.Residency;

/// <summary>What an exchange may come to use of caps; taken back when it is settled.</summary>
/// <param name="Caps">Names of the caps that one of its deployments counts for.</param>
/// <param name="Tokens">Tokens at most.</param>
internal sealed record CapReservation(IReadOnlyList<string> Caps, long Tokens);
