using System.Diagnostics.CodeAnalysis;

namespace Gateway.Configuration;

/// <summary>What came of reading the file: a configuration that can be served, or what is wrong with it.</summary>
internal sealed record LoadResult
{
    /// <summary>The file as the caller named it.</summary>
    public required string File { get; init; }

    /// <summary>Null when there are errors. Paths are full, defaults that depend on the kind are filled in.</summary>
    public GatewayConfig? Config { get; init; }

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<ConfigError> Errors { get; init; } = [];

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<ConfigError> Warnings { get; init; } = [];

    /// <summary>Full path and hash of everything that was read, secrets included: when one changes, so does the configuration.</summary>
    public required IReadOnlyDictionary<string, string> Sources { get; init; }

    [MemberNotNullWhen(true, nameof(Config))]
    public bool Success => Config is not null;
}
