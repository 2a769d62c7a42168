using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>Called during a load with 0 to 1; false ends the load.</summary>
internal delegate bool LlamaProgressCallback(float progress, nint ctx);

/// <summary>llama_model_params. Take it from <see cref="Default"/>, then change what is needed.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LLamaModelParams
{
    public nint devices;
    public nint tensor_buft_overrides;
    public int n_gpu_layers;
    public int split_mode;
    public int load_mode;
    public int lazy_mode;
    public int main_gpu;
    public float* tensor_split;

    private nint _progressCallback;
    public void* progress_callback_user_data;
    public nint kv_overrides;
    private byte _vocabOnly;
    private byte _checkTensors;
    private byte _useExtraBufts;
    private readonly byte _noHost;
    private readonly byte _noAlloc;
    private readonly byte _loadMtp;

    /// <summary>The caller keeps it alive until the load is over.</summary>
    public LlamaProgressCallback? progress_callback { set => _progressCallback = value is null ? 0 : Marshal.GetFunctionPointerForDelegate(value); }

    public bool vocab_only { readonly get => _vocabOnly != 0; set => _vocabOnly = value ? (byte)1 : (byte)0; }

    public bool check_tensors { readonly get => _checkTensors != 0; set => _checkTensors = value ? (byte)1 : (byte)0; }

    public bool use_extra_bufts { readonly get => _useExtraBufts != 0; set => _useExtraBufts = value ? (byte)1 : (byte)0; }

    public readonly bool no_host => _noHost != 0;

    public readonly bool no_alloc => _noAlloc != 0;

    public readonly bool load_mtp => _loadMtp != 0;

    /// <summary>Says how the file comes into memory.</summary>
    /// <param name="map">Whether it is mapped; null: where all devices can use mapped memory.</param>
    /// <param name="hold">Whether the system must keep it in memory.</param>
    public void LoadBy(bool? map, bool hold) => load_mode = (map, hold) switch
    {
        // llama_load_mode: auto, none, mmap, mlock, both.
        (null, false) => -1,
        (false, false) => 0,
        (true, false) => 1,
        (false, true) => 2,
        (_, true) => 3,
    };

    public static LLamaModelParams Default() => NativeApi.llama_model_default_params();
}
