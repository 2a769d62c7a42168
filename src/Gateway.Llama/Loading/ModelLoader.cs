using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Gateway.Llama.Gguf;
using LLama.Native;

namespace Gateway.Llama.Loading;

/// <summary>Reads a GGUF file into memory, with progress and cancellation, and tells why it could not.</summary>
internal sealed class ModelLoader
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

    /// <exception cref="LlamaLoadException">The file is missing, unreadable, not a GGUF model, or does not fit into memory.</exception>
    /// <exception cref="OperationCanceledException">The load was cancelled.</exception>
    public static SafeLlamaModelHandle Load(LlamaEngineOptions options, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var path = options.ModelPath;
        using var file = Open(options, cancellationToken);
        try
        {
            NativeApi.EnsureLoaded();
        }
        catch (Exception exception) when (exception is TypeInitializationException or DllNotFoundException or BadImageFormatException)
        {
            var cause = exception.InnerException ?? exception;
            throw new LlamaLoadException(path, "libllama itself could not be loaded", cause.Message.TrimEnd('.'), cause);
        }

        return new ModelLoader(progress, cancellationToken).Load(path, file.NameOfOpenFile ?? path);
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

    /// <summary>The file, when it can be loaded.</summary>
    private static GgufFile Open(LlamaEngineOptions options, CancellationToken cancellationToken)
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
            if (GgufChecker.CheckModel(file, readWeights: true, cancellationToken) is { Count: > 0 } problems)
            {
                throw new LlamaLoadException(path, ProblemList.Join(problems), AskForAnother);
            }

            MemoryEstimate.Of(file, options).Demand(path);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private unsafe SafeLlamaModelHandle Load(string path, string openName)
    {
        var self = GCHandle.Alloc(this);
        SafeLlamaModelHandle model;
        IReadOnlyList<string> errors;
        try
        {
            model = NativeLogConfig.CollectErrors(
                () =>
                {
                    var parameters = LLamaModelParams.Default();
                    parameters.progress_callback = &OnProgress;
                    parameters.progress_callback_user_data = GCHandle.ToIntPtr(self);
                    return SafeLlamaModelHandle.LoadFromFile(openName, parameters);
                },
                out errors);
        }
        finally
        {
            self.Free();
        }

        if (!model.IsInvalid && !_cancellationToken.IsCancellationRequested)
        {
            return Checked(model, path);
        }

        model.Dispose();
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

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte OnProgress(float progress, nint userData)
    {
        var loader = (ModelLoader)GCHandle.FromIntPtr(userData).Target!;
        try
        {
            loader._progress?.Report(Math.Clamp(progress, 0f, 1f));
        }
#pragma warning disable CA1031 // An exception that reaches native code ends the process; it is thrown once the native call is back.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            loader._progressFailure = ExceptionDispatchInfo.Capture(exception);
        }

        return loader._progressFailure is null && !loader._cancellationToken.IsCancellationRequested ? (byte)1 : (byte)0;
    }
}
