namespace Gateway.Quotas.Redis;

/// <summary>How a node works with Redis.</summary>
/// <param name="Connection">StackExchange.Redis's connection string.</param>
/// <param name="Prefix">Tells gateways apart that share a Redis.</param>
internal sealed record RedisOptions(string Connection, string Prefix)
{
    /// <summary>Most nodes that there may be; null when nobody said.</summary>
    public int? Nodes { get; init; }

    /// <summary>How long an operation may take before Redis counts as lost.</summary>
    public TimeSpan OperationTimeout { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a start waits for Redis; after that limits go by what holds without it.</summary>
    public TimeSpan StartPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long after a loss of data nodes are waited for that were alive before. Longer than a node needs to connect again.</summary>
    public TimeSpan Recovery { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>What a command may be longer on its way than the one before. When Redis's clock goes on by more than that beyond a node's own, it was set.</summary>
    public TimeSpan ClockSlack { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>What measures the time between two signs of life of a node; in tests it may stand still.</summary>
    public TimeProvider Beats { get; init; } = TimeProvider.System;

    /// <summary>An expression of Lua that tells the time in the place of Redis's clock, for tests.</summary>
    public string? Clock { get; init; }

    // One hash tag, so that a script's keys are on one node of a cluster. The number is the version of what stands under the keys.
    private string Root => $"{{gw:{Prefix}}}:1:";

    public string Meta => Root + "meta";

    public string NodeList => Root + "nodes";

    public string LimitRoot => Root + "limit:";

    /// <summary>The channel that tells of changed keys.</summary>
    public string KeyChannel => Root + "keys";

    public string CountsOf(string node) => Root + "node:" + node;
}
