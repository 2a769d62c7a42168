using System.Text.Json;

namespace Gateway.Engine.Workers;

/// <summary>A worker's notes to the gateway, and its log, which goes the same way.</summary>
internal sealed class WorkerNotes(WorkerSettings settings) : ILoggerProvider, IProgress<float>
{
    private readonly Lock _lock = new();
    private readonly Stream _output = Console.OpenStandardOutput();
    private int _percent = -1;

    public void Write(WorkerNote note)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(note, WorkerJson.Options), (byte)'\n'];
        try
        {
            lock (_lock)
            {
                _output.Write(line);
                _output.Flush();
            }
        }
        catch (IOException)
        {
            // The gateway has ended, and this process is about to.
        }
    }

    // libllama reports each of thousands of parts.
    void IProgress<float>.Report(float value)
    {
        if ((int)(value * 100) is var percent && percent != _percent)
        {
            _percent = percent;
            Write(new WorkerNote { Progress = value });
        }
    }

    public ILogger CreateLogger(string categoryName) => new NotesLogger(
        this, categoryName, categoryName.StartsWith("Gateway.Llama.Native", StringComparison.Ordinal) ? settings.NativeLevel : settings.Level);

    public void Dispose() => _output.Dispose();

    private sealed class NotesLogger(WorkerNotes notes, string category, LogLevel least) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                notes.Write(new WorkerNote { Log = new(category, logLevel, eventId.Id, eventId.Name, formatter(state, exception)) });
            }
        }
    }
}
