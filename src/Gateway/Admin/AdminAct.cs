namespace Gateway.Admin;

/// <summary>Something that an admin did or was refused: a line of the ledger. No secret is in it.</summary>
/// <param name="Who">Name of the admin.</param>
/// <param name="Role">Role by which it was done; of a refusal all that they have.</param>
/// <param name="Act">What: <c>key.create</c>, <c>exchanges.read</c> and so on.</param>
/// <param name="Object">Id of what it was done to.</param>
/// <param name="Tenant">Tenant that it was about.</param>
/// <param name="Outcome"><c>done</c> or <c>refused</c>.</param>
/// <param name="RequestId">Id of the request; null from the command line.</param>
internal sealed record AdminAct(string Who, string Role, string Act, string? Object, string? Tenant, string Outcome, string? RequestId)
{
    public const string Done = "done";
    public const string Refused = "refused";

    /// <summary>When; set by the store that keeps it.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary><c>act_</c> and 16 hexadecimal digits; set by the store that keeps it.</summary>
    public string Id { get; init; } = "";
}
