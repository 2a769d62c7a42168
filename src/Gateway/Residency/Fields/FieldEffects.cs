namespace Gateway.Residency.Fields;

/// <summary>What a field of a request makes an upstream do beside answering.</summary>
[Flags]
internal enum FieldEffects : byte
{
    None = 0,

    /// <summary>Keep content beyond the answer.</summary>
    Store = 1,

    /// <summary>Call something else: a search, an interpreter, a server of tools.</summary>
    HostedTools = 1 << 1,

    /// <summary>Fetch a URL.</summary>
    RemoteUrls = 1 << 2,

    /// <summary>Take content that it keeps already.</summary>
    FileIds = 1 << 3,

    /// <summary>Learn who asks, or what belongs together.</summary>
    Identifiers = 1 << 4,

    /// <summary>Process it elsewhere, or let others do so.</summary>
    ServiceTier = 1 << 5,

    /// <summary>Keep the schema of the answer.</summary>
    Schemas = 1 << 6,

    /// <summary>What it does is not known.</summary>
    UnknownFields = 1 << 7,

    All = byte.MaxValue,
}
