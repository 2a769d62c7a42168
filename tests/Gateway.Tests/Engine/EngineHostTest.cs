using Gateway.Engine;
using Gateway.Tests.Testing;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Engine;

/// <summary>A test of the models of a process, with a clock and a folder of its own.</summary>
#pragma warning disable CA1001 // xunit disposes it by IAsyncLifetime.
public abstract class EngineHostTest : IAsyncLifetime
#pragma warning restore CA1001
{
    private readonly ILoggerFactory _loggers;

    protected EngineHostTest()
    {
        _loggers = LoggerFactory.Create(builder => builder.AddProvider(Logs));
        Host = new EngineHost(_loggers, Time);
    }

    private protected string Folder { get; } = Directory.CreateTempSubdirectory("gateway-tests-").FullName;

    private protected LogCapture Logs { get; } = new();

    private protected ManualTimeProvider Time { get; } = new();

    private protected EngineHost Host { get; }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await Host.DisposeAsync();
        _loggers.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
