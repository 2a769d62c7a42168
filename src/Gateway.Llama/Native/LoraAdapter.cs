using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>A LoRA adapter that is loaded for a model. Not to be unloaded while a context applies it; the model frees what is left.</summary>
internal sealed partial class LoraAdapter
{
    internal LoraAdapter(SafeLlamaModelHandle model, string path, nint nativePtr)
    {
        Model = model;
        Path = path;
        Pointer = nativePtr;
        Loaded = true;
    }

    public SafeLlamaModelHandle Model { get; }

    public string Path { get; }

    /// <summary>False after <see cref="Unload"/>.</summary>
    internal bool Loaded { get; private set; }

    internal nint Pointer { get; }

    public void Unload()
    {
        if (Loaded && !Model.IsClosed)
        {
            llama_adapter_lora_free(Pointer);
        }

        Loaded = false;
    }

    [LibraryImport(NativeApi.LibraryName)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial void llama_adapter_lora_free(nint adapter);
}
