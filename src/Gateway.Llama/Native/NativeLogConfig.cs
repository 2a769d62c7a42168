using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LLama.Native;

/// <summary>
/// libllama's messages, which are one stream for the process, as log entries. Its "info" is chatter of loading and goes out as Debug.
/// </summary>
internal static unsafe partial class NativeLogConfig
{
    private const int LongestLine = 2048;

    private static ILogger CurrentLogger = NullLogger.Instance;

    // A line may come in pieces; those of two threads must not mix.
    [ThreadStatic]
    private static StringBuilder? Line;

    [ThreadStatic]
    private static LLamaLogLevel LineLevel;

    [ThreadStatic]
    private static List<string>? Errors;

    /// <summary>Sends messages from now on to <paramref name="logger"/>.</summary>
    public static void llama_log_set(ILogger logger) => Volatile.Write(ref CurrentLogger, logger);

    /// <summary>Runs a native call and returns what it reported as errors on this thread.</summary>
    public static T CollectErrors<T>(Func<T> call, out IReadOnlyList<string> errors)
    {
        var collected = new List<string>();
        Errors = collected;
        try
        {
            return call();
        }
        finally
        {
            Errors = null;
            errors = collected;
        }
    }

    internal static void Install() => NativeApi.llama_log_set(&OnMessage, 0);

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

        if (LineLevel == LLamaLogLevel.Error)
        {
            Errors?.Add(text);
        }

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

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnMessage(LLamaLogLevel level, byte* text, nint userData)
    {
        try
        {
            Append(level, Marshal.PtrToStringUTF8((nint)text) ?? "");
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
