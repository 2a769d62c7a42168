namespace Gateway.Residency;

/// <summary>Why a deployment is not permitted. As text in snake_case.</summary>
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

    /// <summary>The month's share of the operator, the country or all foreign ones is used up.</summary>
    CapReached,
}
