using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using Gateway.Configuration;
using Gateway.Tests.Testing;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Configuration;

/// <summary>
/// Time stands still unless a test advances it, so that what a test sees came from what it did. Writes are seen by file events or, when the
/// test moves the clock, by the poll; each test waits for the outcome and never for time.
/// </summary>
public sealed class ConfigWatcherTests : IAsyncLifetime, IDisposable
{
    private readonly ConfigFolder _folder = new();
    private readonly ManualTimeProvider _time = new();
    private readonly Logs _logs = new();
    private readonly Channel<LoadResult> _applied = Channel.CreateUnbounded<LoadResult>();
    private Func<LoadResult, CancellationToken, Task> _apply = (_, _) => Task.CompletedTask;
    private ConfigWatcher? _watcher;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_watcher is not null)
        {
            await _watcher.StopAsync(CancellationToken.None);
        }
    }

    public void Dispose()
    {
        _watcher?.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_changed_file_is_applied()
    {
        await StartAsync(ConfigFolder.Minimal);

        _folder.Write("gateway.yaml", WithTenant("changed"));

        Assert.Equal("changed", await NextTenantAsync());
    }

    [Fact]
    public async Task Another_address_to_listen_on_is_said_to_wait_for_the_next_start()
    {
        await StartAsync(ConfigFolder.Minimal);

        _folder.Write("gateway.yaml", WithTenant("changed") + "listen: { api: 127.0.0.1:9000 }\n");

        Assert.Equal("changed", await NextTenantAsync());
        await _logs.UntilAsync("next start");
    }

    [Fact]
    public async Task A_file_that_was_renamed_over_the_old_one_is_applied()
    {
        await StartAsync(ConfigFolder.Minimal);

        Replace(WithTenant("renamed"));

        Assert.Equal("renamed", await NextTenantAsync());
    }

    [Fact]
    public async Task A_config_map_whose_data_link_was_swapped_is_applied()
    {
        _folder.Write("..first/gateway.yaml", ConfigFolder.Minimal);
        _folder.Write("..second/gateway.yaml", WithTenant("swapped"));
        Directory.CreateSymbolicLink(_folder.PathOf("..data"), "..first");
        File.CreateSymbolicLink(_folder.File, Path.Combine("..data", "gateway.yaml"));
        await StartAsync(yaml: null);

        Directory.CreateSymbolicLink(_folder.PathOf("..data_tmp"), "..second");
        // rename(2), as the kubelet does; .NET's own does not replace a link to a folder.
        await RunAsync("mv", "-T", _folder.PathOf("..data_tmp"), _folder.PathOf("..data"));

        Assert.Equal("swapped", await NextTenantAsync());
    }

    [Fact]
    public async Task Without_file_events_the_poll_sees_the_change()
    {
        // A link into another folder: nothing happens in the folder that is watched.
        using var elsewhere = new ConfigFolder();
        File.CreateSymbolicLink(_folder.File, elsewhere.Write("real.yaml", ConfigFolder.Minimal));
        await StartAsync(yaml: null);

        elsewhere.Write("real.yaml", WithTenant("polled"));
        _time.Advance(ConfigWatcher.PollInterval);

        Assert.Equal("polled", await NextTenantAsync());
    }

    [Fact]
    public async Task A_rotated_secret_file_is_a_change()
    {
        await StartAsync(ConfigFolder.Sample);

        _folder.Write("secrets/vllm", "sk-rotated");
        _time.Advance(ConfigWatcher.PollInterval);

        var result = await NextAsync();
        Assert.Equal("sk-rotated", result.Config!.Deployments[1].ApiKey!.Reveal());
        Assert.DoesNotContain(_logs.Messages, m => m.Contains("sk-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_is_still_being_written_is_not_applied_before_it_stays_the_same()
    {
        await StartAsync(ConfigFolder.Minimal);

        Replace(WithTenant("half"));
        await _time.TimerAsync();
        Replace(WithTenant("whole"));
        _time.Advance(ConfigWatcher.SettleTime);

        // It has changed within the time, so that the time begins anew.
        var (applied, settling) = (_applied.Reader.ReadAsync().AsTask(), _time.TimerAsync());
        Assert.Same(settling, await Task.WhenAny(applied, settling));
        _time.Advance(ConfigWatcher.SettleTime);
        Assert.Equal("whole", (await applied).Config!.Tenants[0].Name);
        await _logs.UntilAsync("applied");
        Assert.Single(_logs.Messages);
    }

    [Fact]
    public async Task The_same_content_written_again_is_no_change()
    {
        await StartAsync(ConfigFolder.Minimal);

        _folder.Write("gateway.yaml", ConfigFolder.Minimal);
        _time.Advance(ConfigWatcher.PollInterval);
        // Applied in order: were the same content applied, it would come first.
        _folder.Write("gateway.yaml", WithTenant("other"));

        Assert.Equal("other", await NextTenantAsync());
    }

    [Fact]
    public async Task A_bad_file_is_logged_with_its_lines_and_the_old_configuration_stays()
    {
        await StartAsync(ConfigFolder.Minimal);

        Replace(ConfigFolder.Minimal + "x: 1\n");
        await SettleAsync();
        await _logs.UntilAsync("the configuration in use stays");
        Assert.Contains(_logs.Messages, m => m.StartsWith($"{_folder.File}:12:1: x: unknown key", StringComparison.Ordinal));

        // Back to what is in use: nothing to apply. The next change comes first.
        Replace(ConfigFolder.Minimal);
        await SettleAsync();
        Replace(WithTenant("good"));
        Assert.Equal("good", await NextTenantAsync());
    }

    [Fact]
    public async Task A_file_that_vanishes_is_logged_and_changes_nothing_when_it_comes_back()
    {
        await StartAsync(ConfigFolder.Minimal);

        File.Delete(_folder.File);
        await SettleAsync();
        await _logs.UntilAsync("the configuration in use stays");
        Assert.Contains(_logs.Messages, m => m.Equals($"{_folder.File}: the file does not exist", StringComparison.Ordinal));

        Replace(ConfigFolder.Minimal);
        await SettleAsync();
        Replace(WithTenant("after"));
        Assert.Equal("after", await NextTenantAsync());
    }

    [Fact]
    public async Task Reloading_applies_even_what_has_not_changed()
    {
        await StartAsync(ConfigFolder.Minimal);

        _watcher!.Reload();

        Assert.Equal("t", (await NextAsync()).Config!.Tenants[0].Name);
    }

    [SkippableOnWindowsFact]
    public async Task Sighup_reloads()
    {
        await StartAsync(ConfigFolder.Minimal);

        await RunAsync("kill", "-HUP", Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal("t", (await NextAsync()).Config!.Tenants[0].Name);
    }

    [Fact]
    public async Task Configurations_are_applied_one_at_a_time()
    {
        using var entered = new SemaphoreSlim(0);
        using var release = new SemaphoreSlim(0);
        var running = 0;
        _apply = async (_, cancellationToken) =>
        {
            Assert.Equal(1, Interlocked.Increment(ref running));
            entered.Release();
            await release.WaitAsync(cancellationToken);
            Interlocked.Decrement(ref running);
        };
        await StartAsync(ConfigFolder.Minimal);

        _watcher!.Reload();
        await entered.WaitAsync();
        _watcher.Reload();
        _watcher.Reload();
        Assert.False(_applied.Reader.TryRead(out _));
        release.Release(2);

        await NextAsync();
        await NextAsync();
    }

    [Fact]
    public async Task A_configuration_that_cannot_be_applied_is_logged_and_the_next_one_is_tried()
    {
        _apply = (result, _) => result.Config!.Tenants[0].Name is "bad" ? throw new InvalidOperationException("no") : Task.CompletedTask;
        await StartAsync(ConfigFolder.Minimal);

        Replace(WithTenant("bad"));
        await SettleAsync();
        await _logs.UntilAsync("could not be applied");
        Replace(WithTenant("good"));

        Assert.Equal("good", await NextTenantAsync());
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_a_configuration_that_is_being_applied()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _apply = (_, cancellationToken) =>
        {
            begun.SetResult();
            return Task.Delay(Timeout.Infinite, cancellationToken);
        };
        await StartAsync(ConfigFolder.Minimal);

        _watcher!.Reload();
        await begun.Task;
        await _watcher.StopAsync(CancellationToken.None).WaitAsync(ManualTimeProvider.Guard);

        // Nothing went wrong with it.
        Assert.Empty(_logs.Messages);
    }

    private static string WithTenant(string name) => ConfigFolder.Minimal.Replace("name: t\n", $"name: {name}\n", StringComparison.Ordinal);

    /// <summary>Puts another file in the place of the old one at once, so that nobody sees half of it.</summary>
    private void Replace(string yaml) => File.Move(_folder.Write("next", yaml), _folder.File, overwrite: true);

    private async Task StartAsync(string? yaml)
    {
        var loaded = yaml is null ? _folder.Load() : _folder.Load(yaml);
        Assert.True(loaded.Success, string.Join('\n', loaded.Errors));
        _watcher = new ConfigWatcher(
            loaded,
            async (result, cancellationToken) =>
            {
                await _apply(result, cancellationToken);
                _applied.Writer.TryWrite(result);
            },
            _time,
            _logs,
            _folder.Variable);
        await _watcher.StartAsync(CancellationToken.None);
        await _time.TimerAsync(); // The poll's own.
    }

    /// <summary>Waits until the watcher has seen new content, and lets it settle.</summary>
    private async Task SettleAsync()
    {
        await _time.TimerAsync();
        _time.Advance(ConfigWatcher.SettleTime);
    }

    private async Task<LoadResult> NextAsync()
    {
        var next = _applied.Reader.ReadAsync().AsTask();
        // The file may have been seen half-written; then the watcher waits for it to settle more than once.
        while (!next.IsCompleted)
        {
            await await Task.WhenAny(next, _time.TimerAsync());
            _time.Advance(ConfigWatcher.SettleTime);
        }

        return await next;
    }

    private async Task<string> NextTenantAsync() => (await NextAsync()).Config!.Tenants[0].Name;

    private static async Task RunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(command, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    private sealed class Logs : ILogger<ConfigWatcher>
    {
        private readonly ConcurrentQueue<string> _messages = new();
        private readonly Channel<string> _arrived = Channel.CreateUnbounded<string>();

        public IReadOnlyCollection<string> Messages => _messages;

        public async Task UntilAsync(string words)
        {
            while (!(await _arrived.Reader.ReadAsync().AsTask().WaitAsync(ManualTimeProvider.Guard)).Contains(words, StringComparison.Ordinal))
            {
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            _messages.Enqueue(formatter(state, exception));
            _arrived.Writer.TryWrite(formatter(state, exception));
        }
    }

    private sealed class SkippableOnWindowsFactAttribute : FactAttribute
    {
        public SkippableOnWindowsFactAttribute() => Skip = OperatingSystem.IsWindows() ? "There are no signals on Windows." : null;
    }
}
