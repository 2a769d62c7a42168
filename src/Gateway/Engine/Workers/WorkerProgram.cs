using System.Text.Json;
using Gateway.Cli;
using Gateway.Llama;

namespace Gateway.Engine.Workers;

/// <summary>The worker: a process that hosts one model for the gateway that started it, and lives no longer than that.</summary>
internal static class WorkerProgram
{
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
        _ = TellStatisticsAsync(engine, notes);
        var connection = new WorkerConnection(new WorkerAdapters(engine), TimeProvider.System, loggers.CreateLogger<EngineAnswer>());
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

    // For metrics, which are read at any time and must not wait.
    private static async Task TellStatisticsAsync(InProcessEngine engine, WorkerNotes notes)
    {
        var told = default(LlamaEngineStatistics);
        while (true)
        {
            if (engine.Statistics is var now && now != told)
            {
                notes.Write(new WorkerNote { Statistics = told = now });
            }

            await Task.Delay(StatisticsInterval, TimeProvider.System);
        }
    }
}
