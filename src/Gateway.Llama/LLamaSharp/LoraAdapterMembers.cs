using System.Runtime.CompilerServices;

namespace LLama.Native;

/// <summary>What LLamaSharp keeps private.</summary>
internal static class LoraAdapterMembers
{
    extension(SafeLlamaModelHandle model)
    {
        /// <summary>
        /// Loads a LoRA adapter for this model; it is not applied yet. Null when libllama could not. Not while a context of this model decodes.
        /// </summary>
        public LoraAdapter? TryLoadLora(string path)
        {
            var adapter = model.LoadLoraFromFile(path);
            return get_Pointer(adapter) == 0 ? null : adapter;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    private static extern nint get_Pointer(LoraAdapter adapter);
}
