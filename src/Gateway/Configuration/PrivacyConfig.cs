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

/// <summary>The first rule whose class and kind fit says what becomes of a request; without one its class is raised.</summary>
internal sealed record PrivacyRuleConfig
{
    [Description("Classes of data that it is for, as they are once raised. Default all.")]
    public IReadOnlyList<string> Classes { get; init; } = [];

    [Description("Kinds of personal data that it is for, patterns of your own included. Default all.")]
    public IReadOnlyList<string> Kinds { get; init; } = [];

    [Required, Description("raise: the request is of the class `privacy.raise_to` at least. refuse: a 400 that names the kinds.")]
    public PrivacyAction Action { get; init; }
}

/// <summary>What becomes of a request with personal data in it.</summary>
internal enum PrivacyAction
{
    Raise,
    Refuse,
}
