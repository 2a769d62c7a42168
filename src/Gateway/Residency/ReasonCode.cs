using System.Text.Json;

namespace Gateway.Residency;

/// <summary>Why a deployment is not permitted; clients get it in snake_case, by <see cref="ReasonWords"/>.</summary>
internal enum ReasonCode
{
    /// <summary>The tenant has no policy, so only local deployments are permitted.</summary>
    NoPolicy,

    /// <summary>The policy does not mention the class, or not where it may be processed, so only local deployments are permitted.</summary>
    ClassNotMentioned,

    /// <summary>The class is for local deployments only.</summary>
    NotLocal,

    /// <summary>The facts of the placement have expired.</summary>
    PlacementExpired,

    ProcessingUnknown,
    ProcessingNotAllowed,
    ProcessingDenied,
    StorageUnknown,
    StorageNotAllowed,
    StorageDenied,
    OperatorUnknown,
    OperatorDenied,
    OperatorCountryUnknown,
    OperatorCountryNotAllowed,
    OperatorCountryDenied,
    RetentionUnknown,
    RetentionTooLong,
    TrainingUnknown,
    Trains,
    WeightsOriginUnknown,
    WeightsOriginNotAllowed,

    /// <summary>Personal data must be redacted first, which cannot be done.</summary>
    NotRedacted,

    /// <summary>The month's share of the operator, the country or all foreign ones is used up.</summary>
    CapReached,
}

/// <summary>What reasons are called.</summary>
internal static class ReasonWords
{
    private static readonly string[] Words = [.. Enum.GetValues<ReasonCode>().Select(c => JsonNamingPolicy.SnakeCaseLower.ConvertName(c.ToString()))];

    public static IReadOnlyList<string> All => Words;

    public static string Of(ReasonCode code) => Words[(int)code];
}
