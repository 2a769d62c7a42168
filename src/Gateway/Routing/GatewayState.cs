namespace Gateway.Routing;

/// <summary>Holds the configuration in force.</summary>
internal sealed class GatewayState
{
    private GatewayModel? _current;

    /// <summary>The configuration in force, held for the caller until <see cref="GatewayModel.Release"/>.</summary>
    public GatewayModel Acquire()
    {
        while (true)
        {
            var current = Volatile.Read(ref _current) ?? throw new InvalidOperationException("No configuration was applied yet.");
            if (current.TryAcquire())
            {
                return current;
            }
        }
    }

    /// <summary>Puts another configuration in force; requests under way keep to theirs.</summary>
    public void Swap(GatewayModel next) => Interlocked.Exchange(ref _current, next)?.Release();
}
