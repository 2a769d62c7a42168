using Gateway.Residency.Fields;

namespace Gateway.Residency;

/// <summary>
/// Where one class of data may go by a policy, its bases' rules worked in. A null asks for nothing; what is asked for must be known.
/// </summary>
internal sealed record ClassRule
{
    public RuleOrigin Origin { get; init; }

    /// <summary>Whether only deployments in this process may answer.</summary>
    public bool LocalOnly { get; init; }

    /// <summary>Where it may be processed.</summary>
    public CountrySet? Processing { get; init; }

    /// <summary>Where it may be stored.</summary>
    public CountrySet? Storage { get; init; }

    /// <summary>Where the operator may be at home.</summary>
    public CountrySet? OperatorCountry { get; init; }

    /// <summary>Where the model's weights may come from.</summary>
    public CountrySet? WeightsOrigin { get; init; }

    public CountrySet DenyProcessing { get; init; } = CountrySet.Empty;

    public CountrySet DenyStorage { get; init; } = CountrySet.Empty;

    public CountrySet DenyOperatorCountry { get; init; } = CountrySet.Empty;

    /// <summary>Operators that it may not go to, in their order.</summary>
    public IReadOnlyList<string> DenyOperators { get; init; } = [];

    /// <summary>Most days that it may be kept.</summary>
    public int? RetentionDays { get; init; }

    /// <summary>Whether no model may be trained on it.</summary>
    public bool NoTraining { get; init; }

    /// <summary>Whether personal data must be redacted before it leaves this process.</summary>
    public bool MustRedact { get; init; }

    /// <summary>What requests to deployments elsewhere may not ask for.</summary>
    public FieldEffects DeniedFields { get; init; } = FieldEffects.All;

    /// <summary>Whether answers may be cached.</summary>
    public bool MayCache { get; init; } = true;

    /// <summary>Whether content may be logged.</summary>
    public bool MayLog { get; init; } = true;
}

/// <summary>Why a rule is what it is.</summary>
internal enum RuleOrigin
{
    /// <summary>The tenant has no policy.</summary>
    NoPolicy,

    /// <summary>The policy does not mention the class.</summary>
    NotMentioned,

    /// <summary>The policy mentions the class, but not where it may be processed.</summary>
    NoPlace,

    /// <summary>The policy says so.</summary>
    Stated,
}
