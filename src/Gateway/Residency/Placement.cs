using Gateway.Configuration;

namespace Gateway.Residency;

/// <summary>Where a deployment processes and keeps what it is sent, and under whose law. Null is what is not known.</summary>
internal sealed record Placement
{
    /// <summary>Of a deployment elsewhere that nothing is known about.</summary>
    public static readonly Placement Unknown = new();

    /// <summary>Whether it runs in this process.</summary>
    public bool IsLocal { get; init; }

    /// <summary>Every country where it may be processed.</summary>
    public CountrySet? Processing { get; init; }

    /// <summary>Every country where prompts, abuse logs or metadata may be kept.</summary>
    public CountrySet? Storage { get; init; }

    /// <summary>Who operates it.</summary>
    public string? Operator { get; init; }

    /// <summary>Home country of the operator.</summary>
    public string? OperatorCountry { get; init; }

    /// <summary>Days that prompts or answers are kept.</summary>
    public int? RetentionDays { get; init; }

    /// <summary>Whether models are trained on prompts or answers.</summary>
    public bool? Trains { get; init; }

    /// <summary>Country of whoever made the weights.</summary>
    public string? WeightsOrigin { get; init; }

    /// <summary>Where these facts can be read up.</summary>
    public string? Evidence { get; init; }

    /// <summary>When somebody last looked.</summary>
    public DateTimeOffset? CheckedAt { get; init; }

    /// <summary>From when on none of this counts as known; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public bool IsExpired(DateTimeOffset now) => ExpiresAt <= now;

    /// <summary>Where it is processed, for headers and the ledger: <c>BR</c>, or <c>DE,FR</c>; null when that is not known.</summary>
    public string? Countries { get; private init; }

    /// <param name="deployment">A deployment without errors.</param>
    /// <param name="node">The node that it runs on when it is local.</param>
    /// <param name="book">Names of countries and groups.</param>
    public static Placement Of(DeploymentConfig deployment, NodeConfig node, CountryBook book)
    {
        var config = deployment.Placement ?? new PlacementConfig();
        var placement = deployment.Kind == DeploymentKind.Local
            ? OfNode(node) with { WeightsOrigin = config.Weights.Origin }
            : new Placement
            {
                // Nowhere is no place where something could be processed.
                Processing = book.Read(config.Processing) is { IsEmpty: false } processing ? processing : null,
                Storage = book.Read(config.Storage),
                Operator = config.Operator,
                OperatorCountry = config.OperatorCountry,
                RetentionDays = config.RetentionDays,
                Trains = config.Trains,
                WeightsOrigin = config.Weights.Origin,
                Evidence = config.Evidence,
                CheckedAt = config.Checked,
                ExpiresAt = config.Expires,
            };
        return placement with { Countries = placement.Processing is { } countries ? string.Join(',', countries.Codes) : null };
    }

    // What is answered in this process is kept nowhere: the ledger has no content, and the engine forgets.
    public static Placement OfNode(NodeConfig node) => new()
    {
        IsLocal = true,
        Processing = node.Country is null ? null : new CountrySet([node.Country]),
        Storage = node.Country is null ? null : new CountrySet([node.Country]),
        Operator = node.Operator,
        OperatorCountry = node.OperatorCountry ?? node.Country,
        RetentionDays = 0,
        Trains = false,
    };
}
