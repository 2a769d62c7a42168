using System.ComponentModel;
using System.Text;
using Gateway.Stores;

namespace Gateway.Ledger;

/// <summary>A line of the ledger, as the admin API shows it.</summary>
internal sealed record ExchangeJson(
    [property: Description("Id of the request; clients got it as x-request-id.")] string Id,
    DateTimeOffset OpenedAt,
    DateTimeOffset? ClosedAt,
    string Tenant,
    string Key,
    [property: Description("Null when there is none of the name that was asked for.")] string? Model,
    [property: Description("What answered, or was tried last.")] string? Deployment,
    string Endpoint,
    string DataClass,
    [property: Description("ok, refused, client_gone, upstream_error, error, lost, or open.")] string Outcome,
    [property: Description("Why it was refused or failed.")] string? Code,
    long? Status,
    long InputTokens,
    long CachedTokens,
    long OutputTokens,
    long ReasoningTokens,
    [property: Description("Whether the tokens were counted by their characters, for nobody reported them.")] bool Estimated,
    decimal Cost,
    string? Currency,
    double? LatencyMs,
    double? FirstTokenMs,
    [property: Description("The client's W3C trace id.")] string? TraceId,
    [property: Description("The process that it came to.")] string Node,
    [property: Description("Id of the decision where it may go; clients got it as x-gateway-decision. Null when it was refused before that.")] string? Decision,
    [property: Description("Hash of the policy that decided.")] string? Policy,
    [property: Description("The deployments that were looked at, with why one is not permitted: azure-br;openai-us=processing_not_allowed,trains.")] string? Candidates,
    [property: Description("Countries where it may have been processed, by the deployment's placement.")] string? Country,
    [property: Description("Tokens that it had reserved of its limits; what counts where it was lost.")] long ReservedTokens,
    [property: Description("Kinds of personal data found in the request, with how much of each: br_cpf=2,email=1.")] string? Findings,
    [property: Description("Of those what had placeholders in what the deployment got.")] string? Redacted,
    [property: Description("Kinds of personal data in the answer that the request did not hold; null where no rule asks.")] string? AnswerFindings)
{
    private const string Time = "yyyy-MM-ddTHH:mm:ss.ffffffZ";

    /// <summary>The names of the columns.</summary>
    public static void AppendHead(StringBuilder csv) => Csv.AppendRow(
        csv,
        "id", "opened_at", "closed_at", "tenant", "key", "model", "deployment", "endpoint", "data_class", "outcome", "code", "status", "input_tokens", "cached_tokens",
        "output_tokens", "reasoning_tokens", "estimated", "cost", "currency", "latency_ms", "first_token_ms", "trace_id", "node",
        "decision", "policy", "candidates", "country", "reserved_tokens", "findings", "redacted", "answer_findings");

    public void AppendTo(StringBuilder csv) => Csv.AppendRow(
        csv,
        Id, TextOf(OpenedAt), ClosedAt is { } closed ? TextOf(closed) : null, Tenant, Key, Model, Deployment, Endpoint, DataClass, Outcome, Code, Status, InputTokens, CachedTokens,
        OutputTokens, ReasoningTokens, Estimated, Cost, Currency, LatencyMs, FirstTokenMs, TraceId, Node,
        Decision, Policy, Candidates, Country, ReservedTokens, Findings, Redacted, AnswerFindings);

    /// <summary>Where a page ends that ends with this line.</summary>
    public PageCursor ToCursor() => new(StoreTime.ToMicroseconds(OpenedAt), Id);

    private static string TextOf(DateTimeOffset time) => time.UtcDateTime.ToString(Time, System.Globalization.CultureInfo.InvariantCulture);
}
