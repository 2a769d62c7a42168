using System.ComponentModel;

namespace Gateway.Configuration;

internal sealed record NodeConfig
{
    [Description("Country that this node stands in, by ISO 3166-1: BR. Local deployments and the SQLite file are there.")]
    public string? Country { get; init; }

    [Pattern(PlacementConfig.OperatorPattern, PlacementConfig.OperatorInWords), Description("Who operates this node.")]
    public string? Operator { get; init; }

    [Description("Home country of the operator: whose courts reach it. Default: country.")]
    public string? OperatorCountry { get; init; }
}

/// <summary>What its author knows of a place where data goes. What is left out is not known, and what is not known denies.</summary>
internal record PlaceConfig
{
    [Description("Countries or groups where data is stored: prompts, abuse logs, metadata. [] where nothing is.")]
    public IReadOnlyList<string>? Storage { get; init; }

    [Pattern(PlacementConfig.OperatorPattern, PlacementConfig.OperatorInWords), Description("Who operates it.")]
    public string? Operator { get; init; }

    [Description("Home country of the operator: whose courts reach it.")]
    public string? OperatorCountry { get; init; }

    [Description("Where this can be read up: a link.")]
    public string? Evidence { get; init; }

    [Description("When somebody last looked.")]
    public DateTimeOffset? Checked { get; init; }

    [Description("From when on these facts count as unknown: a date (its beginning in UTC) or a time. Default: never.")]
    public DateTimeOffset? Expires { get; init; }
}

internal sealed record PlacementConfig : PlaceConfig
{
    [Description("Countries (ISO 3166-1: BR) or groups (EU) where prompts are processed: all that they may be processed in.")]
    public IReadOnlyList<string>? Processing { get; init; }

    [Bounds(0, 36_500), Description("Days that prompts or answers are kept; 0 for not at all.")]
    public int? RetentionDays { get; init; }

    [Description("Whether models are trained on prompts or answers.")]
    public bool? Trains { get; init; }

    [Description("Where the model's weights come from.")]
    public WeightsConfig Weights { get; init; } = new();

    public const string OperatorPattern = "^[^\\s,;](.{0,126}[^\\s,;])?$";
    public const string OperatorInWords = "1 to 128 characters, the first and the last neither a space nor `,` nor `;`";
}

internal sealed record WeightsConfig
{
    [Description("Country of whoever made the weights, by ISO 3166-1.")]
    public string? Origin { get; init; }

    [Description("Licence of the weights, such as apache-2.0.")]
    public string? Licence { get; init; }
}

internal sealed record CountryGroupConfig
{
    [Required, Pattern(Names.Plain, Names.PlainInWords), Description("Name of the group; lists of countries may name it.")]
    public string Name { get; init; } = "";

    [Required, Description("Countries (ISO 3166-1: BR) and other groups.")]
    public IReadOnlyList<string> Members { get; init; } = [];
}

internal sealed record PolicyConfig
{
    [Required, Pattern(Names.Plain, Names.PlainInWords), Description("Name of the policy.")]
    public string Name { get; init; } = "";

    [Description("Another policy whose rules hold as well: this one can only narrow them.")]
    public string? Base { get; init; }

    [Description("For each class of data, where it may go. A class that neither this policy nor its base mentions is answered by local deployments only.")]
    public IReadOnlyDictionary<string, ClassRuleConfig> Classes { get; init; } = new Dictionary<string, ClassRuleConfig>(StringComparer.Ordinal);

    [Description("true: a class may go where a lower one may not, which otherwise is an error. Default false.")]
    public bool AllowLooser { get; init; }

    [Description("Most that may go to one operator, one country or all foreign ones.")]
    public IReadOnlyList<CapConfig> Caps { get; init; } = [];
}

/// <summary>What is left out is not asked for, except where processing may take place: one of <c>processing</c>, <c>local_only</c> and <c>anywhere</c> says that.</summary>
internal sealed record ClassRuleConfig
{
    [Description("Countries or groups where it may be processed.")]
    public IReadOnlyList<string>? Processing { get; init; }

    [Description("Countries or groups where it may be stored.")]
    public IReadOnlyList<string>? Storage { get; init; }

    [Description("Home countries, or groups, that the operator may have.")]
    public IReadOnlyList<string>? OperatorCountry { get; init; }

    [Description("Countries or groups that the model's weights may come from.")]
    public IReadOnlyList<string>? WeightsOrigin { get; init; }

    [Description("Countries or groups where it may not be processed, whatever else permits it.")]
    public IReadOnlyList<string> DenyProcessing { get; init; } = [];

    [Description("Countries or groups where it may not be stored, whatever else permits it.")]
    public IReadOnlyList<string> DenyStorage { get; init; } = [];

    [Description("Home countries, or groups, that the operator may not have, whatever else permits it.")]
    public IReadOnlyList<string> DenyOperatorCountry { get; init; } = [];

    [Description("Operators that it may not go to, whatever else permits it.")]
    public IReadOnlyList<string> DenyOperators { get; init; } = [];

    [Bounds(0, 36_500), Description("Most days that it may be kept.")]
    public int? RetentionDays { get; init; }

    [Description("false: no model may be trained on it.")]
    public bool? Trains { get; init; }

    [Description("true: local deployments only.")]
    public bool? LocalOnly { get; init; }

    [Description("true: any configured deployment may process it, whether or not its placement is known, unless another key here says otherwise.")]
    public bool? Anywhere { get; init; }

    [Description("required: personal data must be redacted before it leaves this process. Default none.")]
    public Redaction? Redact { get; init; }

    [Description("What requests to deployments elsewhere may ask for beside an answer.")]
    public SideDoorsConfig SideDoors { get; init; } = new();

    [Description("Whether answers may be cached. Default true.")]
    public bool? Cache { get; init; }

    [Description("Whether content may be logged where logging of content is on. Default true.")]
    public bool? Log { get; init; }
}

/// <summary>For each effect that a field of a request may have at an upstream, whether it is allowed. A base's denial stays.</summary>
internal sealed record SideDoorsConfig
{
    [Description("Content stays at the upstream beyond the answer: store, metadata, background, longer prompt caches. Default deny for the upper half of the classes.")]
    public SideDoor? Store { get; init; }

    [Description("The upstream calls something else: web search, file search, code interpreter, remote MCP. Default deny for the upper half of the classes.")]
    public SideDoor? HostedTools { get; init; }

    [Description("The upstream fetches a URL: of an image, a file, a tool's server. data: URLs are always fine. Default deny for the upper half of the classes.")]
    public SideDoor? RemoteUrls { get; init; }

    [Description("Content that is stored at the upstream already, by an id, which may be another tenant's. Default deny for all classes.")]
    public SideDoor? FileIds { get; init; }

    [Description("What tells users or conversations apart: user, safety_identifier, prompt_cache_key. Default deny for the upper half of the classes.")]
    public SideDoor? Identifiers { get; init; }

    [Description("What changes where or by whom it is processed: service_tier, a router's list of providers. Default deny for the upper half of the classes.")]
    public SideDoor? ServiceTier { get; init; }

    [Description("Schemas of structured output (response_format, strict functions), which providers keep. Default deny for the upper half of the classes.")]
    public SideDoor? Schemas { get; init; }

    [Description("Fields that this gateway does not know, so that it cannot tell what they do. Default deny for the upper half of the classes.")]
    public SideDoor? UnknownFields { get; init; }
}

internal enum SideDoor
{
    Deny,
    Allow,
}

internal enum Redaction
{
    None,
    Required,
}

/// <summary>Just one of <see cref="Operator"/>, <see cref="Country"/> and <see cref="Foreign"/> is written.</summary>
internal sealed record CapConfig
{
    [Description("An operator, as placements name it.")]
    public string? Operator { get; init; }

    [Description("A country or group: deployments that process there, or whose operator is at home there.")]
    public string? Country { get; init; }

    [Description("true: all deployments whose operator is not at home in this node's country.")]
    public bool? Foreign { get; init; }

    [Bounds(0, 100), Description("Most percent of the tenant's tokens of a calendar month (UTC).")]
    public int Percent { get; init; }
}
