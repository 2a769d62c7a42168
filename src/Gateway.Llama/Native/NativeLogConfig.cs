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

    private static ILogger _logger = NullLogger.Instance;

    // A line may come in pieces; those of two threads must not mix.
    [ThreadStatic]
    private static StringBuilder? _line;

    [ThreadStatic]
    private static LLamaLogLevel _lineLevel;

    [ThreadStatic]
    private static List<string>? _errors;

    /// <summary>Sends messages from now on to <paramref name="logger"/>.</summary>
    public static void llama_log_set(ILogger logger) => Volatile.Write(ref _logger, logger);

    /// <summary>Runs a native call and returns what it reported as errors on this thread.</summary>
    public static T CollectErrors<T>(Func<T> call, out IReadOnlyList<string> errors)
    {
        var collected = new List<string>();
        _errors = collected;
        try
        {
            return call();
        }
        finally
        {
            _errors = null;
            errors = collected;
        }
    }

    internal static void Install() => NativeApi.llama_log_set(&OnMessage, 0);

    internal static void Append(LLamaLogLevel level, string text)
    {
        var line = _line ??= new StringBuilder();
        if (level != LLamaLogLevel.Continue)
        {
            Flush(line);
            _lineLevel = level;
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

        if (_lineLevel == LLamaLogLevel.Error)
        {
            _errors?.Add(text);
        }

        var level = _lineLevel switch
        {
            LLamaLogLevel.Error => LogLevel.Error,
            LLamaLogLevel.Warning => LogLevel.Warning,
            LLamaLogLevel.Info => LogLevel.Debug,
            _ => LogLevel.Trace,
        };
        var logger = Volatile.Read(ref _logger);
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
