using StackExchange.Redis;

namespace Gateway.Quotas.Redis;

/// <summary>Why Redis cannot be used, without its own words: those may quote keys and addresses.</summary>
/// <param name="Code">A word for programs and metrics.</param>
/// <param name="Reason">The same for people, as the end of a sentence.</param>
internal sealed record RedisFault(string Code, string Reason)
{
    public static readonly RedisFault Starting = new("starting", "it was not reached yet");
    public static readonly RedisFault TimedOut = new("timeout", "it did not answer in time");
    public static readonly RedisFault Unreachable = new("unreachable", "it cannot be reached");
    public static readonly RedisFault TooOld = new("too_old", "it is older than Redis 7.0, or no Redis at all");
    public static readonly RedisFault Foreign = new("foreign_data", "what stands under its keys is not the gateway's; give the gateway a `redis.prefix` of its own");
    public static readonly RedisFault Garbage = new("garbage", "its answers make no sense");
    public static readonly RedisFault Recovering = new("recovering", "it lost its data or was replaced, and not all nodes have told yet what they know");

    private static readonly (string Mark, RedisFault Fault)[] Errors =
    [
        ("READONLY", new("read_only", "it is a read-only replica")),
        ("OOM", new("out_of_memory", "its memory is full")),
        ("LOADING", new("loading", "it is still loading its data")),
        ("NOREPLICAS", new("no_replicas", "it has fewer replicas than it asks for")),
        ("MISCONF", new("disk", "it cannot save its data and takes no writes")),
        ("NOAUTH", new("denied", "it asks for a password")),
        ("WRONGPASS", new("denied", "it refuses the user or the password")),
        ("NOPERM", new("denied", "its user may not do what the gateway needs")),
        ("WRONGTYPE", Foreign),
        ("BUSY", new("busy", "it is busy with another program's script")),

        // What an older one says to the first line of a script.
        ("Error compiling script", TooOld),
        ("unknown command", TooOld),
    ];

    /// <summary>What an exception of the client means; null when it is a fault of ours.</summary>
    public static RedisFault? From(Exception exception) => exception switch
    {
        TimeoutException => TimedOut,
        RedisServerException e => FromMessage(e.Message) ?? new("error", "it refused a command"),
        RedisConnectionException e => FromMessage(e.Message) ?? FromMessage(e.InnerException?.Message) ?? Unreachable,
        RedisException e => FromMessage(e.Message) ?? Garbage,
        NotSupportedException => TooOld,
        InvalidCastException or FormatException or OverflowException or ArgumentOutOfRangeException or IndexOutOfRangeException => Garbage,
        ObjectDisposedException or System.Net.Sockets.SocketException or IOException or OperationCanceledException => Unreachable,
        _ => null,
    };

    private static RedisFault? FromMessage(string? message)
    {
        foreach (var (mark, fault) in Errors)
        {
            if (message?.Contains(mark, StringComparison.Ordinal) == true)
            {
                return fault;
            }
        }

        return null;
    }
}
