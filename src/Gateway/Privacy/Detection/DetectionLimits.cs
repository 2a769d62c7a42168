namespace Gateway.Privacy.Detection;

/// <summary>What one text may cost; more of it is not looked at.</summary>
internal sealed record DetectionLimits
{
    public int Characters { get; init; } = 16 * 1024 * 1024;

    /// <summary>Runs of letters and digits.</summary>
    public int Tokens { get; init; } = 4 * 1024 * 1024;

    /// <summary>Values that pass the rules of a kind.</summary>
    public int Candidates { get; init; } = 256 * 1024;
}
