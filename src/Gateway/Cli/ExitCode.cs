namespace Gateway.Cli;

/// <summary>What the shell is told.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The command was understood, and what it looked at is wrong.</summary>
    public const int Failed = 1;

    /// <summary>The command was not understood.</summary>
    public const int Usage = 2;
}
