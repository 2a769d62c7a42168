using Gateway.Hosting;

namespace Gateway.Stores;

/// <summary>Brings the store up to date before the gateway listens. One that is down does not keep the gateway from starting.</summary>
internal sealed partial class StoreStart(Store store, ILogger<StoreStart> logger)
{
    private readonly ILogger _logger = logger;

    /// <exception cref="StartupException">The store is of a newer gateway.</exception>
    public async Task RunAsync()
    {
        try
        {
            await Task.Run(store.Migrate);
        }
        catch (StoreSchemaException e)
        {
            throw new StartupException(e.Message);
        }
        catch (Exception e) when (StoreError.From(e) is { } error)
        {
            LogUnavailable(store.Description, error.Reason);
        }
    }

    [LoggerMessage(EventId = 12000, Level = LogLevel.Error, Message = "The store ({Store}) is not available: {Reason}. The gateway starts without it and tries again")]
    private partial void LogUnavailable(string store, string reason);
}
