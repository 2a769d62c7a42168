using System.Runtime.ExceptionServices;
using Gateway.Llama.Gguf;
using LLama.Exceptions;
using LLama.Native;
using Microsoft.Extensions.Logging;

namespace Gateway.Llama.Loading;

/// <summary>Reads a GGUF file into memory, with progress and cancellation, and tells why it could not.</summary>
internal sealed partial class ModelLoader
{
    private const string AskForAnother = "Use a complete GGUF file that llama.cpp release v0.5.0 supports; download it again if it should be one";

    private readonly IProgress<float>? _progress;
    private readonly CancellationToken _cancellationToken;
    private ExceptionDispatchInfo? _progressFailure;

    private ModelLoader(IProgress<float>? progress, CancellationToken cancellationToken)
    {
        _progress = progress;
        _cancellationToken = cancellationToken;
    }

    /// <param name="options">The file, and how it is to be hosted.</param>
    /// <param name="memory">Takes what the model needs, also where it is not loaded then; null where it is taken already.</param>
    /// <param name="progress">Told the share of the weights that is loaded, 0 to 1.</param>
    /// <param name="logger">Told of what was asked for and cannot be had.</param>
    /// <param name="need">What was taken of it.</param>
    /// <param name="cancellationToken">Ends the load early.</param>
    /// <exception cref="LlamaLoadException">The file is missing, unreadable, not a GGUF model, or does not fit into memory.</exception>
    /// <exception cref="OperationCanceledException">The load was cancelled.</exception>
    public static SafeLlamaModelHandle Load(
        LlamaEngineOptions options,
        MemoryBudget.Lease? memory,
        IProgress<float>? progress,
        ILogger logger,
        out MemoryEstimate need,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var path = options.ModelPath;
        using var file = Open(options, memory, out need, cancellationToken);
        try
        {
            NativeApi.llama_empty_call();
        }
        catch (Exception exception) when (exception is TypeInitializationException or DllNotFoundException or BadImageFormatException)
        {
            var cause = exception.InnerException ?? exception;
            throw new LlamaLoadException(path, "libllama itself could not be loaded", cause.Message.TrimEnd('.'), cause);
        }

        if (options.GpuLayers > 0 && !NativeApi.llama_supports_gpu_offload())
        {
            Log.NoGpu(logger, path, options.GpuLayers.Value);
        }

        return new ModelLoader(progress, cancellationToken).Load(options, file.NameOfOpenFile ?? path, logger);
    }

    /// <summary>The part of libllama's messages that an error message shows.</summary>
    internal static string Said(IReadOnlyList<string> errors)
    {
        // The first names the cause, later ones only say that a caller failed too. Names in it come from the file.
        const int Longest = 300;
        var first = errors.Count > 0 ? errors[0] : "libllama gave no reason";
        var clean = string.Create(Math.Min(first.Length, Longest), first, static (span, text) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(text[i]) ? ' ' : text[i];
            }
        });
        return clean.TrimEnd('.', ' ');
    }

    /// <summary>The file, when nothing is wrong with it.</summary>
    /// <exception cref="LlamaLoadException">The file is missing, unreadable, or not a GGUF model.</exception>
    internal static GgufFile OpenChecked(LlamaEngineOptions options, bool readWeights, CancellationToken cancellationToken)
    {
        var path = options.ModelPath;
        GgufFile file;
        try
        {
            file = GgufFile.Open(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new LlamaLoadException(path, "it does not exist", "Check the path; a relative one starts at the working directory", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LlamaLoadException(path, "it cannot be read", "Let the service's user read it", exception);
        }

        try
        {
            if (GgufChecker.CheckModel(file, readWeights, cancellationToken) is { Count: > 0 } problems)
            {
                throw new LlamaLoadException(path, ProblemList.Join(problems), AskForAnother);
            }

            CacheSettings.Check(file, options);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The file, when it can be loaded.</summary>
    private static GgufFile Open(LlamaEngineOptions options, MemoryBudget.Lease? memory, out MemoryEstimate need, CancellationToken cancellationToken)
    {
        var file = OpenChecked(options, readWeights: true, cancellationToken);
        try
        {
            need = MemoryEstimate.Of(file, options).WithDraft(options);
            memory?.Take(need, options.ModelPath);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private SafeLlamaModelHandle Load(LlamaEngineOptions options, string openName, ILogger logger)
    {
        var path = options.ModelPath;
        LlamaProgressCallback onProgress = OnProgress;
        var model = NativeLog.CollectErrors(
            () =>
            {
                var parameters = LLamaModelParams.Default();
                parameters.progress_callback = onProgress;
                parameters.n_gpu_layers = options.GpuLayers ?? parameters.n_gpu_layers;
                parameters.LoadBy(options.MemoryMap, options.MemoryLock);
                try
                {
                    return SafeLlamaModelHandle.LoadFromFile(openName, parameters);
                }
                catch (LoadWeightsFailedException)
                {
                    return null;
                }
            },
            out var errors,
            out var warnings);

        // The native side does not keep it alive.
        GC.KeepAlive(onProgress);
        if (model is not null && !_cancellationToken.IsCancellationRequested)
        {
            // libllama goes on without.
            if (options.MemoryLock && warnings.FirstOrDefault(w => w.Contains("mlock", StringComparison.Ordinal)) is { } notLocked)
            {
                Log.NotLocked(logger, path, Said([notLocked]));
            }

            return Checked(model, path);
        }

        model?.Dispose();
        _progressFailure?.Throw();
        _cancellationToken.ThrowIfCancellationRequested();
        throw new LlamaLoadException(path, Said(errors).Replace(openName, path, StringComparison.Ordinal), AskForAnother);
    }

    private static SafeLlamaModelHandle Checked(SafeLlamaModelHandle model, string path)
    {
        // libllama loads these and ends the process at the first request.
        var vocabulary = model.Vocab;
        var problem = vocabulary switch
        {
            { Type: LLamaVocabType.None } or { Count: <= 0 } => "it has no vocabulary (tokenizer.ggml.model)",
            _ when model.ContextSize <= 0 => "its context_length is missing or not positive",
            _ => null,
        };
        if (problem is null)
        {
            return model;
        }

        model.Dispose();
        throw new LlamaLoadException(path, problem, AskForAnother);
    }

    private bool OnProgress(float progress, nint ctx)
    {
        try
        {
            _progress?.Report(Math.Clamp(progress, 0f, 1f));
        }
#pragma warning disable CA1031 // An exception that reaches native code ends the process; it is thrown once the native call is back.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _progressFailure = ExceptionDispatchInfo.Capture(exception);
        }

        return _progressFailure is null && !_cancellationToken.IsCancellationRequested;
    }

    private static partial class Log
    {
        [LoggerMessage(9003, LogLevel.Warning, "Model file '{Path}': {Layers} layers are to be computed on a GPU, and there is none that libllama can use. The processor computes them.")]
        public static partial void NoGpu(ILogger logger, string path, int layers);

        [LoggerMessage(9004, LogLevel.Warning, "Model file '{Path}': not all of it is held in memory ({Reason}). Raise the limit of locked memory (ulimit -l, LimitMEMLOCK).")]
        public static partial void NotLocked(ILogger logger, string path, string reason);
    }
}
