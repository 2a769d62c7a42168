using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace Gateway.Configuration;

/// <summary>
/// Reads the file again when it, or the file of a secret in it, has other content, and hands on what can be served. What cannot is logged
/// and the configuration in use stays.
/// </summary>
/// <remarks>
/// Three things wake it: the file system's events, for speed; a look each second, because network file systems and exhausted inotify
/// limits give no events; SIGHUP, which reads the file even when nothing changed. Only content decides, so that the events of an editor,
/// of an atomic rename or of a ConfigMap's symbolic links, however many, come to one reload.
/// </remarks>
internal sealed partial class ConfigWatcher : BackgroundService
{
    public static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <summary>Content must stay the same this long: a file being written is not a configuration yet.</summary>
    public static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(250);

    /// <summary>A file of another kind put in this one's place has an error on every line; `gateway check` prints them all.</summary>
    private const int MostErrorsLogged = 20;

    private readonly Func<LoadResult, CancellationToken, Task> _apply;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<ConfigWatcher> _logger;
    private readonly Func<string, string?>? _environment;
    private readonly string _fullPath;
    private readonly (string? Api, string? Admin) _addresses;
    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly List<IDisposable> _sources = [];
    private LoadResult _inUse;
    private LoadResult _last;
    private int _forced;

    /// <param name="current">What was loaded at start.</param>
    /// <param name="apply">Takes each further configuration; only successful ones, one at a time. Cancelled when the gateway stops.</param>
    /// <param name="timeProvider">Clock of the poll and of the settling.</param>
    /// <param name="logger">Takes errors and warnings of the file.</param>
    /// <param name="environment">As for <see cref="ConfigLoader.Load"/>.</param>
    public ConfigWatcher(
        LoadResult current,
        Func<LoadResult, CancellationToken, Task> apply,
        TimeProvider timeProvider,
        ILogger<ConfigWatcher> logger,
        Func<string, string?>? environment = null)
    {
        (_inUse, _last, _apply, _timeProvider, _logger, _environment) = (current, current, apply, timeProvider, logger, environment);
        _fullPath = Path.GetFullPath(current.File);
        _addresses = AddressesOf(current.Config);
    }

    /// <summary>Reads the file again, changed or not.</summary>
    public void Reload()
    {
        Interlocked.Exchange(ref _forced, 1);
        Wake();
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _sources.Add(_timeProvider.CreateTimer(_ => Wake(), state: null, PollInterval, PollInterval));
        _sources.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            Reload();
        }));
        WatchFolder();
        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _sources.ForEach(s => s.Dispose());
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var _ in _wakes.Reader.ReadAllAsync(stoppingToken))
        {
            await LookAsync(Interlocked.Exchange(ref _forced, 0) == 1, stoppingToken);
        }
    }

    private void Wake() => _wakes.Writer.TryWrite(true);

    private void WatchFolder()
    {
        var (folder, name) = (Path.GetDirectoryName(_fullPath)!, Path.GetFileName(_fullPath));
        try
        {
            // On the folder: an atomic rename puts another file in the place of the one that would be watched.
            var watcher = new FileSystemWatcher(folder);
            _sources.Add(watcher);

            // Kubernetes mounts gateway.yaml -> ..data/gateway.yaml and swaps the link ..data.
            watcher.Filters.Add(name);
            watcher.Filters.Add("..data");
            FileSystemEventHandler changed = (_, _) => Wake();
            watcher.Changed += changed;
            watcher.Created += changed;
            watcher.Deleted += changed;
            watcher.Renamed += (_, _) => Wake();
            watcher.EnableRaisingEvents = true;
        }
        catch (Exception e) when (e is IOException or ArgumentException or PlatformNotSupportedException)
        {
            Log.NoEvents(_logger, folder, PollInterval.TotalSeconds);
        }
    }

    private async Task LookAsync(bool forced, CancellationToken cancellationToken)
    {
        var seen = Look();
        if (!forced)
        {
            if (IsKnown(seen))
            {
                return;
            }

            for (string[]? before = null; before is null || !seen.SequenceEqual(before, StringComparer.Ordinal);)
            {
                before = seen;
                await Task.Delay(SettleTime, _timeProvider, cancellationToken);
                seen = Look();
            }

            if (IsKnown(seen))
            {
                return;
            }
        }

        // Bad content is remembered as well as good: it is reported once, not every second. A file that vanished is bad content too.
        _last = ConfigLoader.Load(_last.File, _environment);
        if (forced || !IsSame(_last.Sources, _inUse.Sources))
        {
            await UseAsync(_last, cancellationToken);
        }
    }

    private async Task UseAsync(LoadResult result, CancellationToken cancellationToken)
    {
        foreach (var warning in result.Warnings)
        {
            Log.Warning(_logger, warning.ToString());
        }

        if (!result.Success)
        {
            foreach (var error in result.Errors.Take(MostErrorsLogged))
            {
                Log.Error(_logger, error.ToString());
            }

            Log.Kept(_logger, result.File, result.Errors.Count);
            return;
        }

        try
        {
            await _apply(result, cancellationToken);
            _inUse = result;
            Log.Applied(_logger, result.File, result.Config.Models.Count, result.Config.Deployments.Count, result.Config.Tenants.Count);
            if (AddressesOf(result.Config) != _addresses)
            {
                Log.ListenKept(_logger, result.File);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever goes wrong with one configuration, the next one must still be seen.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.NotApplied(_logger, e, result.File);
        }
    }

    /// <summary>Hashes, as they are now, of what the last configuration was made of.</summary>
    private string[] Look() => [.. _last.Sources.Keys.Select(path =>
        ConfigFile.Read(path, string.Equals(path, _fullPath, StringComparison.Ordinal) ? ConfigParser.LargestFile : SecretReader.LargestFile).Hash)];

    private static (string? Api, string? Admin) AddressesOf(GatewayConfig? config) => (config?.Listen.Api, config?.Listen.Admin);

    private bool IsKnown(string[] seen) => seen.SequenceEqual(_last.Sources.Values, StringComparer.Ordinal);

    private static bool IsSame(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b) =>
        a.Count == b.Count && a.All(s => b.TryGetValue(s.Key, out var hash) && string.Equals(s.Value, hash, StringComparison.Ordinal));

    private static partial class Log
    {
        [LoggerMessage(4000, LogLevel.Information, "{File} applied: {Models} models, {Deployments} deployments, {Tenants} tenants")]
        public static partial void Applied(ILogger logger, string file, int models, int deployments, int tenants);

        [LoggerMessage(4001, LogLevel.Error, "{ConfigError}")]
        public static partial void Error(ILogger logger, string configError);

        [LoggerMessage(4002, LogLevel.Warning, "{ConfigWarning}")]
        public static partial void Warning(ILogger logger, string configWarning);

        [LoggerMessage(4003, LogLevel.Error, "{File} has {Errors} errors; the configuration in use stays")]
        public static partial void Kept(ILogger logger, string file, int errors);

        [LoggerMessage(4004, LogLevel.Error, "{File} is valid but could not be applied")]
        public static partial void NotApplied(ILogger logger, Exception exception, string file);

        [LoggerMessage(4005, LogLevel.Warning, "No file events for {Folder}; changes are seen by looking every {Seconds} s")]
        public static partial void NoEvents(ILogger logger, string folder, double seconds);

        [LoggerMessage(4006, LogLevel.Warning, "{File} listens elsewhere than at the start; `listen` takes effect at the next start")]
        public static partial void ListenKept(ILogger logger, string file);
    }
}
