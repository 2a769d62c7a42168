using System.ComponentModel;

namespace Gateway.Configuration;

internal sealed record PrivacyConfig
{
    [Description("Class of data that a request with personal data in it is of at least. Default personal; where there is no class of that name, the lowest of the upper half.")]
    public string? RaiseTo { get; init; }

    [Description("More words that tell what stands beside them, for kinds of personal data that are known.")]
    public IReadOnlyList<PrivacyWordsConfig> Words { get; init; } = [];

    [Description("Personal data of your own, found by a pattern.")]
    public IReadOnlyList<PrivacyPatternConfig> Patterns { get; init; } = [];

    [Description("What stands in place of personal data in requests that deployments elsewhere get.")]
    public PlaceholdersConfig Placeholders { get; init; } = new();
}

internal sealed record PlaceholdersConfig
{
    [Description("exchange: numbered in each request by itself, <br_cpf:1>. conversation: the same for the same value in all requests of a tenant, by a keyed hash, <br_cpf:qkzdwrtb>; upstreams then see that two requests are about the same person. Default exchange.")]
    public PlaceholderLife Stable { get; init; }

    [Description("What the hash is keyed with, at least 16 characters. The same on all nodes; with another one all placeholders are others.")]
    public Secret? Secret { get; init; }
}

internal enum PlaceholderLife
{
    Exchange,
    Conversation,
}

internal sealed record PrivacyWordsConfig
{
    [Required, Description("The kind: email, phone, br_cpf and so on, as `gateway detect` names them.")]
    public string Kind { get; init; } = "";

    [Required, Description("Words or phrases of any language that say that such a value stands beside them.")]
    public IReadOnlyList<string> Words { get; init; } = [];
}

internal sealed record PrivacyPatternConfig
{
    [Required, Pattern("^[a-z][a-z0-9_]{0,31}$", "1 to 32 small letters (a-z), digits or `_`, the first a letter"), Description("Name of the kind.")]
    public string Name { get; init; } = "";

    [Required, Description("Regular expression of .NET, matched in time linear in the text: without back-references and look-around.")]
    public string Pattern { get; init; } = "";
}

/// <summary>The first rule whose direction, class and kind fit says what becomes of personal data; without one the request's class is raised, and answers are not looked at.</summary>
internal sealed record PrivacyRuleConfig
{
    [Description("Classes of data that it is for, as they are once raised. Default all.")]
    public IReadOnlyList<string> Classes { get; init; } = [];

    [Description("Kinds of personal data that it is for, patterns of your own included. Default all.")]
    public IReadOnlyList<string> Kinds { get; init; } = [];

    [Description("request: what clients send. answer: what models say that the request did not. Default request.")]
    public PrivacyDirection Direction { get; init; }

    [Required, Description("raise: the request is of the class `privacy.raise_to` at least; an answer goes on, and what it holds is counted. redact: deployments elsewhere get a placeholder, which is undone in the answer, and the request's class is raised for those in this process only; of an answer the client gets a mark such as <br_cpf>. refuse: a 400, or for an answer a 403, that names the kinds.")]
    public PrivacyAction Action { get; init; }
}

/// <summary>Where personal data stands.</summary>
internal enum PrivacyDirection
{
    Request,
    Answer,
}

/// <summary>What becomes of personal data.</summary>
internal enum PrivacyAction
{
    Raise,
    Redact,
    Refuse,
}
