using Gateway.Engine;
using Gateway.Llama;
using Gateway.Tests.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Engine;

public sealed class EngineHostTests
{
    private static readonly LlamaEngineOptions Missing = new() { ModelPath = Path.Combine(AppContext.BaseDirectory, "missing.gguf") };

    [Fact]
    public async Task An_engine_that_a_reload_lets_go_of_while_it_loads_is_no_failure_of_the_start()
    {
        using var gate = new LoadGate();
        await using var host = new EngineHost(gate, TimeProvider.System);
        var handle = host.Acquire("d", Missing);
        var allLoaded = host.AllLoadedAsync();

        handle.Release();
        gate.Open();

        await allLoaded.WaitAsync(ManualTimeProvider.Guard);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(handle.LoadAsync);
    }

    [Fact]
    public async Task An_engine_that_is_wanted_and_cannot_be_loaded_is_a_failure_of_the_start()
    {
        using var gate = new LoadGate();
        await using var host = new EngineHost(gate, TimeProvider.System);
        var handle = host.Acquire("d", Missing);
        var allLoaded = host.AllLoadedAsync();

        gate.Open();

        await Assert.ThrowsAsync<LlamaLoadException>(() => allLoaded.WaitAsync(ManualTimeProvider.Guard));
        handle.Release();
    }

    /// <summary>Holds a load up where it begins, in the line that it logs there.</summary>
    private sealed class LoadGate : ILoggerFactory, ILogger
    {
        private readonly ManualResetEventSlim _open = new();

        public void Open() => _open.Set();

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => categoryName.EndsWith(nameof(EngineHost), StringComparison.Ordinal) ? this : NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _open.Wait();

        public void Dispose() => _open.Dispose();
    }
}
