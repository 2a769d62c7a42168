using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Testing;

/// <summary>Everything that is logged, by anybody, at any level.</summary>
/// <param name="keeps">Which lines are kept, where there are too many for all of them.</param>
internal sealed class LogCapture(Predicate<LogLine>? keeps = null) : ILoggerProvider
{
    private readonly ConcurrentQueue<LogLine> _lines = new();
    private volatile TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<LogLine> Lines => [.. _lines];

    /// <summary>The first line, behind the first <paramref name="skip"/>, that fits; waits for it.</summary>
    public async Task<LogLine> WaitForAsync(Func<LogLine, bool> fits, int skip = 0)
    {
        while (true)
        {
            var more = _more.Task;
            if (Lines.Skip(skip).FirstOrDefault(fits) is { } line)
            {
                return line;
            }

            await more.WaitAsync(WireReader.Patience);
        }
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private void Add(LogLine line)
    {
        if (keeps is not null && !keeps(line))
        {
            return;
        }

        _lines.Enqueue(line);
        Interlocked.Exchange(ref _more, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    private sealed class Logger(LogCapture capture, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            capture.Add(new(LogLevel.Trace, category, default, state.ToString() ?? ""));
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            capture.Add(new(logLevel, category, eventId, $"{formatter(state, exception)}\n{state}\n{exception}"));
    }
}

internal sealed record LogLine(LogLevel Level, string Category, EventId Id, string Text);
