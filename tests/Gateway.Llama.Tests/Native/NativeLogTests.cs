using LLama.Native;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Llama.Tests.Native;

public sealed class NativeLogTests
{
    [Fact]
    public void Pieces_of_a_line_are_one_entry_at_the_level_of_the_first()
    {
        var logger = new ListLogger();
        NativeLogConfig.llama_log_set(logger);

        NativeLogConfig.Append(LLamaLogLevel.Warning, "half ");
        NativeLogConfig.Append(LLamaLogLevel.Continue, "and half\n");
        NativeLogConfig.Append(LLamaLogLevel.Info, "chatter\n");
        NativeLogConfig.Append(LLamaLogLevel.Debug, "detail\n");
        NativeLogConfig.Append(LLamaLogLevel.Info, "cut off");
        NativeLogConfig.Append(LLamaLogLevel.Error, "failure\n");

        NativeLogConfig.llama_log_set(NullLogger.Instance);
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
