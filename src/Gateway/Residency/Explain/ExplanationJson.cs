using System.ComponentModel;
using System.Text.Json;

namespace Gateway.Residency;

/// <summary>A question: where would this request go?</summary>
internal sealed record ExplainJson
{
    [Description("Name of the tenant.")]
    public string? Tenant { get; init; }

    [Description("Id of a key of the tenant, whose least class counts. Default: none, so that the lowest class does.")]
    public string? Key { get; init; }

    [Description("Class of data that the client says, as in x-data-class.")]
    public string? DataClass { get; init; }

    [Description("When it would come: a date or a time. Default: now.")]
    public string? At { get; init; }

    [Description("The request's body, as the client would send it. Its model, the names of its fields and personal data in it count; nothing is sent.")]
    public JsonElement? Request { get; init; }
}

/// <summary>The answer.</summary>
internal sealed record ExplanationJson(
    string Tenant,
    string Model,
    string DataClass,
    [property: Description("What made it of this class.")] IReadOnlyList<string> Why,
    [property: Description("Null when the tenant has none.")] string? Policy,
    string PolicyHash,
    [property: Description("What x-gateway-decision of its answer would be.")] string Decision,
    bool Permitted,
    IReadOnlyList<ExplainedDeploymentJson> Deployments,
    [property: Description("The same in plain words.")] string Text);

internal sealed record ExplainedDeploymentJson(
    string Name,
    bool Permitted,
    [property: Description("Share of the requests that it would get while all that are permitted are well, in percent.")] double Share,
    IReadOnlyList<string> Reasons,
    IReadOnlyList<ExplainedRuleJson> Rules,
    PlacementJson Placement);

internal sealed record ExplainedRuleJson(
    [property: Description("The rule's key in the configuration.")] string Rule,
    bool Permits,
    string? Reason,
    string Text);

/// <summary>What is known of a deployment; what is left out is not known.</summary>
internal sealed record PlacementJson(
    bool Local,
    IReadOnlyList<string>? Processing,
    IReadOnlyList<string>? Storage,
    string? Operator,
    string? OperatorCountry,
    int? RetentionDays,
    bool? Trains,
    string? WeightsOrigin,
    string? Evidence,
    DateTimeOffset? Checked,
    DateTimeOffset? Expires)
{
    public static PlacementJson Of(Placement placement) => new(
        placement.IsLocal,
        placement.Processing?.Codes,
        placement.Storage?.Codes,
        placement.Operator,
        placement.OperatorCountry,
        placement.RetentionDays,
        placement.Trains,
        placement.WeightsOrigin,
        placement.Evidence,
        placement.CheckedAt,
        placement.ExpiresAt);
}
