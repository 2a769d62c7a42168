namespace Gateway.Privacy.Detection.Rules;

/// <summary>What a rule says of a value without its separators.</summary>
internal enum Verdict : byte
{
    /// <summary>It cannot be one.</summary>
    No,

    /// <summary>All is right but the check digit.</summary>
    Mistyped,

    /// <summary>It can be one.</summary>
    Yes,

    /// <summary>It can be one, and what is not official says so too.</summary>
    Likely,
}

/// <summary>How a value is written.</summary>
internal enum Form : byte
{
    /// <summary>With separators where its authority does not put them.</summary>
    Odd,

    /// <summary>With other separators where its authority puts some.</summary>
    Grouped,

    /// <summary>Without any.</summary>
    Bare,

    /// <summary>As its authority prints it.</summary>
    Official,
}
