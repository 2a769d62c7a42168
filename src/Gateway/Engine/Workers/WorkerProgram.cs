using System.Text.Json;
using Gateway.Cli;
using Gateway.Llama;

namespace Gateway.Engine.Workers;

/// <summary>The worker: a process that hosts one model for the gateway that started it, and lives no longer than that.</summary>
internal static class WorkerProgram
{
    /// <summary>The gateway hears from a worker that works at least so often.</summary>
    internal static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan StatisticsInterval = TimeSpan.FromMilliseconds(250);

    public static async Task<int> RunAsync()
    {
        WorkerLife.IgnoreSignals();
        using var input = new StreamReader(Console.OpenStandardInput());
        if (await ReadSettingsAsync(input) is not { } settings)
        {
            await Console.Error.WriteLineAsync("A worker is started by the gateway itself, for deployments with `isolation: process`.");
            return ExitCode.Usage;
        }

        WorkerLife.EndWithParent(input, settings.Parent, () => WorkerFolder.Remove(settings.Socket));
        using var notes = new WorkerNotes(settings);
        using var loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(notes));
        InProcessEngine engine;
        try
        {
            var loaded = await LlamaEngine.LoadAsync(settings.Options, loggers, notes, CancellationToken.None);
            engine = InProcessEngine.Create(loaded, settings.Options.ModelPath, TimeProvider.System);
        }
        catch (LlamaLoadException e)
        {
            notes.Write(new WorkerNote { Refusal = WorkerRefusal.Of(e) });
            return ExitCode.Failed;
        }

        using var listener = WorkerFolder.Listen(settings.Socket);
        notes.Write(new WorkerNote { Ready = engine.Info });
        var adapters = new WorkerAdapters(engine);
        _ = TellStatisticsAsync(adapters, notes, TimeProvider.System);
        var connection = new WorkerConnection(adapters, TimeProvider.System, loggers.CreateLogger<EngineAnswer>());
        while (true)
        {
            var socket = await listener.AcceptAsync();
            _ = Task.Run(() => connection.ServeAsync(socket));
        }
    }

    private static async Task<WorkerSettings?> ReadSettingsAsync(StreamReader input)
    {
        try
        {
            return await input.ReadLineAsync() is { } line ? JsonSerializer.Deserialize<WorkerSettings>(line, WorkerJson.Options) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // For metrics, which are read at any time and must not wait; and for the gateway to see that this process lives.
    private static async Task TellStatisticsAsync(WorkerAdapters engines, WorkerNotes notes, TimeProvider time)
    {
        WorkerNote? told = null;
        var toldOfTenants = new HashSet<LlamaTenantStatistics>();
        var toldAt = 0L;
        while (true)
        {
            var now = new WorkerNote { Statistics = engines.Plain.Statistics, IsLoading = engines.IsLoading };
            var tenants = engines.Plain.Tenants;
            var changed = tenants.Where(t => !toldOfTenants.Contains(t)).ToList();
            if (now != told || changed.Count > 0 || time.GetElapsedTime(toldAt) >= LongestSilence)
            {
                notes.Write(now with { Tenants = changed.Count > 0 ? changed : null });
                (told, toldAt) = (now, time.GetTimestamp());
                toldOfTenants = [.. tenants];
            }

            await Task.Delay(StatisticsInterval, time);
        }
    }
}
