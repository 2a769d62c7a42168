using LLama.Native;

namespace Gateway.Llama.Loading;

/// <summary>Loads a LoRA adapter onto a model, and tells why it could not.</summary>
internal static class AdapterLoader
{
    private const string AskForAnother = "Use a LoRA adapter in GGUF format that was made for this model (llama.cpp's convert_lora_to_gguf.py)";

    /// <summary>Looks at the file, off the scheduler's thread.</summary>
    /// <exception cref="LlamaLoadException">It is no adapter.</exception>
    public static void Check(string path)
    {
        Span<byte> magic = stackalloc byte[4];
        int read;
        try
        {
            using var file = File.OpenRead(path);
            read = file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw LlamaLoadException.ForAdapter(path, "it does not exist", "Check the path; a relative one starts at the working directory", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw LlamaLoadException.ForAdapter(path, "it cannot be read", "Let the service's user read it", exception);
        }

        if (read < magic.Length || !magic.SequenceEqual("GGUF"u8))
        {
            throw LlamaLoadException.ForAdapter(path, "it is not a GGUF file (it does not begin with \"GGUF\")", AskForAnother);
        }
    }

    /// <summary>Loads it. Not while the model's context decodes: libllama keeps its list of adapters without a lock.</summary>
    /// <exception cref="LlamaLoadException">The file is broken, or an adapter for another model.</exception>
    public static LoraAdapter Load(SafeLlamaModelHandle model, string path)
    {
        var adapter = NativeLog.CollectErrors(() => model.TryLoadLora(path), out var errors);
        if (adapter is null)
        {
            throw LlamaLoadException.ForAdapter(path, ModelLoader.Said(errors), AskForAnother);
        }

        if (adapter.InvocationTokenCount > 0)
        {
            adapter.Unload();
            throw LlamaLoadException.ForAdapter(
                path,
                "it is an activated LoRA (adapter.alora.invocation_tokens), which works on a part of each prompt only; this engine applies adapters to whole requests",
                "Use a plain LoRA adapter");
        }

        return adapter;
    }
}
