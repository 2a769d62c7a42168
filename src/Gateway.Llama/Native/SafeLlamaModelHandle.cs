using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace LLama.Native;

/// <summary>A loaded model. Its calls are safe on several threads.</summary>
internal sealed unsafe partial class SafeLlamaModelHandle : SafeLLamaHandleBase
{
    private Vocabulary? _vocabulary;

    static SafeLlamaModelHandle() => NativeApi.EnsureLoaded();

    public int ContextSize => llama_model_n_ctx_train(this);

    public int EmbeddingSize => llama_model_n_embd(this);

    public int LayerCount => llama_model_n_layer(this);

    public int HeadCount => llama_model_n_head(this);

    public int KVHeadCount => llama_model_n_head_kv(this);

    public ulong SizeInBytes => llama_model_size(this);

    public ulong ParameterCount => llama_model_n_params(this);

    /// <summary>True for models such as T5, which need llama_encode; false for BERT, which has no memory to decode with instead.</summary>
    public bool HasEncoder => llama_model_has_encoder(this);

    public bool IsRecurrent => llama_model_is_recurrent(this);

    public bool IsDiffusion => llama_model_is_diffusion(this);

    public Vocabulary Vocab => _vocabulary ??= new Vocabulary(this);

    /// <summary>Loads a file; the handle is invalid when libllama could not.</summary>
    public static SafeLlamaModelHandle LoadFromFile(string modelPath, LLamaModelParams parameters) =>
        llama_model_load_from_file(modelPath, parameters);

    /// <summary>A scalar or string value of the file's metadata; null when the key is missing or holds a list.</summary>
    public string? MetadataValue(string key)
    {
        // llama.h promises the length that the value has, whatever the size of the buffer.
        Span<byte> small = stackalloc byte[256];
        var length = MetadataValue(key, small);
        if (length < 0)
        {
            return null;
        }

        if (length < small.Length)
        {
            return Encoding.UTF8.GetString(small[..length]);
        }

        var large = new byte[length + 1];
        length = MetadataValue(key, large);
        return length < 0 ? null : Encoding.UTF8.GetString(large, 0, Math.Min(length, large.Length - 1));
    }

    /// <summary>A chat template: the default one, a Jinja source, or the one of this name; null when the file has none.</summary>
    public string? GetTemplate(string? name = null)
    {
        var template = Marshal.PtrToStringUTF8((nint)llama_model_chat_template(this, name));
        GC.KeepAlive(this);
        return template;
    }

    /// <summary>Loads a LoRA adapter for this model; it is not applied yet. Not while a context of this model decodes.</summary>
    public LoraAdapter LoadLoraFromFile(string path) => new(this, path, llama_adapter_lora_init(this, path));

    protected override bool ReleaseHandle()
    {
        llama_model_free(handle);
        return true;
    }

    private int MetadataValue(string key, Span<byte> destination)
    {
        fixed (byte* buffer = destination)
        {
            return llama_model_meta_val_str(this, key, buffer, (nuint)destination.Length);
        }
    }

    [LibraryImport(NativeApi.LibraryName, StringMarshalling = StringMarshalling.Utf8)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial SafeLlamaModelHandle llama_model_load_from_file(string path, LLamaModelParams parameters);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial void llama_model_free(nint model);

    [LibraryImport(NativeApi.LibraryName, StringMarshalling = StringMarshalling.Utf8)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial nint llama_adapter_lora_init(SafeLlamaModelHandle model, string path);

    [LibraryImport(NativeApi.LibraryName, StringMarshalling = StringMarshalling.Utf8)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial int llama_model_meta_val_str(SafeLlamaModelHandle model, string key, byte* buffer, nuint size);

    [LibraryImport(NativeApi.LibraryName, StringMarshalling = StringMarshalling.Utf8)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial byte* llama_model_chat_template(SafeLlamaModelHandle model, string? name);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial int llama_model_n_ctx_train(SafeLlamaModelHandle model);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial int llama_model_n_embd(SafeLlamaModelHandle model);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial int llama_model_n_layer(SafeLlamaModelHandle model);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial int llama_model_n_head(SafeLlamaModelHandle model);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial int llama_model_n_head_kv(SafeLlamaModelHandle model);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial ulong llama_model_size(SafeLlamaModelHandle model);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial ulong llama_model_n_params(SafeLlamaModelHandle model);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    [return: MarshalAs(UnmanagedType.U1)]
    private static partial bool llama_model_has_encoder(SafeLlamaModelHandle model);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    [return: MarshalAs(UnmanagedType.U1)]
    private static partial bool llama_model_is_recurrent(SafeLlamaModelHandle model);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    [return: MarshalAs(UnmanagedType.U1)]
    private static partial bool llama_model_is_diffusion(SafeLlamaModelHandle model);

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial nint llama_model_get_vocab(SafeLlamaModelHandle model);
}
