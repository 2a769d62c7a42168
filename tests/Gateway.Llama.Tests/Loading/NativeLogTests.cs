using Gateway.Llama.Loading;
using LLama.Native;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Llama.Tests.Loading;

public sealed class NativeLogTests
{
    [Fact]
    public void Pieces_of_a_line_are_one_entry_at_the_level_of_the_first()
    {
        var logger = new ListLogger();
        NativeLog.SendTo(logger);

        NativeLog.Append(LLamaLogLevel.Warning, "half ");
        NativeLog.Append(LLamaLogLevel.Continue, "and half\n");
        NativeLog.Append(LLamaLogLevel.Info, "chatter\n");
        NativeLog.Append(LLamaLogLevel.Debug, "detail\n");
        NativeLog.Append(LLamaLogLevel.Info, "cut off");
        NativeLog.Append(LLamaLogLevel.Error, "failure\n");

        NativeLog.SendTo(NullLogger.Instance);
        Assert.Equal(
        [
            (LogLevel.Warning, "libllama: half and half"),
            (LogLevel.Debug, "libllama: chatter"),
            (LogLevel.Trace, "libllama: detail"),
            (LogLevel.Debug, "libllama: cut off"),
            (LogLevel.Error, "libllama: failure"),
        ],
        logger.Entries);
    }

    private sealed class ListLogger : ILogger
    {
        public List<(LogLevel, string)> Entries { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Entries.Add((logLevel, formatter(state, exception)));
    }
}
