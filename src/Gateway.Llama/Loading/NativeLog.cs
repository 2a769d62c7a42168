using System.Text;
using LLama.Native;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Llama.Loading;

/// <summary>
/// libllama's messages, which are one stream for the process, as log entries. Its "info" is chatter of loading and goes out as Debug.
/// </summary>
internal static partial class NativeLog
{
    private const int LongestLine = 2048;

    // The library keeps it as long as the process lives.
    private static readonly NativeLogConfig.LLamaLogCallback Callback = OnMessage;

    private static ILogger CurrentLogger = NullLogger.Instance;

    // A line may come in pieces; those of two threads must not mix.
    [ThreadStatic]
    private static StringBuilder? Line;

    [ThreadStatic]
    private static LLamaLogLevel LineLevel;

    [ThreadStatic]
    private static List<string>? Errors;

    [ThreadStatic]
    private static List<string>? Warnings;

    static NativeLog() => NativeLogConfig.llama_log_set(Callback);

    /// <summary>Sends messages from now on to <paramref name="logger"/>.</summary>
    public static void SendTo(ILogger logger) => Volatile.Write(ref CurrentLogger, logger);

    /// <summary>Runs a native call and returns what it reported as errors on this thread.</summary>
    public static T CollectErrors<T>(Func<T> call, out IReadOnlyList<string> errors) => CollectErrors(call, out errors, out _);

    /// <summary>Runs a native call and returns what it reported as errors, and as warnings, on this thread.</summary>
    public static T CollectErrors<T>(Func<T> call, out IReadOnlyList<string> errors, out IReadOnlyList<string> warnings)
    {
        var collected = (Errors: new List<string>(), Warnings: new List<string>());
        (Errors, Warnings) = collected;
        try
        {
            return call();
        }
        finally
        {
            (Errors, Warnings) = (null, null);
            (errors, warnings) = collected;
        }
    }

    internal static void Append(LLamaLogLevel level, string text)
    {
        var line = Line ??= new StringBuilder();
        if (level != LLamaLogLevel.Continue)
        {
            Flush(line);
            LineLevel = level;
        }

        if (line.Length < LongestLine)
        {
            line.Append(text);
        }

        if (text.EndsWith('\n'))
        {
            Flush(line);
        }
    }

    private static void Flush(StringBuilder line)
    {
        if (line.Length == 0)
        {
            return;
        }

        var text = line.ToString(0, Math.Min(line.Length, LongestLine)).Trim();
        line.Clear();
        if (text.Length == 0)
        {
            return;
        }

        (LineLevel switch { LLamaLogLevel.Error => Errors, LLamaLogLevel.Warning => Warnings, _ => null })?.Add(text);

        var level = LineLevel switch
        {
            LLamaLogLevel.Error => LogLevel.Error,
            LLamaLogLevel.Warning => LogLevel.Warning,
            LLamaLogLevel.Info => LogLevel.Debug,
            _ => LogLevel.Trace,
        };
        var logger = Volatile.Read(ref CurrentLogger);
        Log.Native(logger, level, text);
    }

    private static void OnMessage(LLamaLogLevel level, string text)
    {
        try
        {
            Append(level, text);
        }
#pragma warning disable CA1031 // An exception that reaches native code ends the process; a lost log line does not matter.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 9000, Message = "libllama: {Text}")]
        public static partial void Native(ILogger logger, LogLevel level, string text);
    }
}
