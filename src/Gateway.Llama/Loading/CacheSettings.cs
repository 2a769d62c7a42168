using System.Globalization;
using Gateway.Llama.Gguf;
using LLama.Native;

namespace Gateway.Llama.Loading;

/// <summary>How a context keeps keys and values, and attends to them.</summary>
internal static class CacheSettings
{
    public static void Apply(LlamaEngineOptions options, ref LLamaContextParams parameters)
    {
        var type = options.KVCacheType switch
        {
            KVCacheType.Q8 => GGMLType.GGML_TYPE_Q8_0,
            KVCacheType.Q4 => GGMLType.GGML_TYPE_Q4_0,
            _ => GGMLType.GGML_TYPE_F16,
        };
        (parameters.type_k, parameters.type_v) = (type, type);
        parameters.llama_flash_attn_type = options.FlashAttention switch
        {
            // Without it libllama would refuse a quantised cache where the automatic choice is "off".
            FlashAttention.Auto when !options.KVCacheType.IsQuantized() => LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_AUTO,
            FlashAttention.Off => LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_DISABLED,
            _ => LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_ENABLED,
        };
    }

    /// <exception cref="LlamaLoadException">The heads of the model cannot be cut into the type's blocks.</exception>
    public static void Check(GgufFile file, LlamaEngineOptions options)
    {
        var model = new ModelMetadata(file);
        if (!options.KVCacheType.IsQuantized() || Architectures.Encoders.Contains(model.Architecture) || !HasCache(model))
        {
            return;
        }

        foreach (var length in (ReadOnlySpan<long>)[model.KeyLength, model.ValueLength])
        {
            if (length % KVCacheTypes.BlockLength != 0)
            {
                throw new LlamaLoadException(
                    options.ModelPath,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"its heads have {length} numbers, and a cache of the type {options.KVCacheType.Name()} holds multiples of {KVCacheTypes.BlockLength}"),
                    "Host it with the cache type f16");
            }
        }
    }

    // Some have attention in few of their layers, some in none.
    private static bool HasCache(ModelMetadata model)
    {
        var layer = 0;
        while (layer < model.LayerCount && model.KVHeadCount(layer) == 0)
        {
            layer++;
        }

        return layer < model.LayerCount;
    }
}
