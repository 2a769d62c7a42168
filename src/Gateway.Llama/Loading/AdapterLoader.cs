using Gateway.Llama.Gguf;
using LLama.Native;

namespace Gateway.Llama.Loading;

/// <summary>Loads a LoRA adapter onto a model, and tells why it could not.</summary>
internal static class AdapterLoader
{
    private const string InvocationTokens = "adapter.alora.invocation_tokens";
    private const string AskForAnother = "Use a LoRA adapter in GGUF format that was made for this model (llama.cpp's convert_lora_to_gguf.py)";

    /// <summary>Checks the file against the model's, off the scheduler's thread; returns the bytes of its weights.</summary>
    /// <exception cref="LlamaLoadException">It is no adapter for this model.</exception>
    public static long Check(string path, string modelPath)
    {
        IReadOnlyList<GgufProblem> problems;
        bool isActivated;
        long size;
        try
        {
            using var file = GgufFile.Open(path);
            using var model = TryOpen(modelPath);
            problems = GgufChecker.CheckAdapter(file, model);
            isActivated = file.Metadata.ContainsKey(InvocationTokens);
            size = file.DataLength;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw LlamaLoadException.ForAdapter(path, "it does not exist", "Check the path; a relative one starts at the working directory", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw LlamaLoadException.ForAdapter(path, "it cannot be read", "Let the service's user read it", exception);
        }

        if (problems.Count > 0)
        {
            throw LlamaLoadException.ForAdapter(path, ProblemList.Join(problems), AskForAnother);
        }

        if (isActivated)
        {
            throw LlamaLoadException.ForAdapter(
                path,
                $"it is an activated LoRA ({InvocationTokens}), which works on a part of each prompt only; this engine applies adapters to whole requests",
                "Use a plain LoRA adapter");
        }

        return size;
    }

    // The model is loaded; its file may be gone since.
    private static GgufFile? TryOpen(string path)
    {
        try
        {
            return GgufFile.Open(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Loads it. Not while the model's context decodes: libllama keeps its list of adapters without a lock.</summary>
    /// <exception cref="LlamaLoadException">The file is broken, or an adapter for another model.</exception>
    public static LoraAdapter Load(SafeLlamaModelHandle model, string path)
    {
        var adapter = NativeLog.CollectErrors(() => model.TryLoadLora(path), out var errors);
        return adapter ?? throw LlamaLoadException.ForAdapter(path, ModelLoader.Said(errors), AskForAnother);
    }
}
