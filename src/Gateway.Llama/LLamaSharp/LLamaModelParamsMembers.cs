namespace LLama.Native;

/// <summary>What the bindings in <c>Native/</c> say in one word.</summary>
internal static class LLamaModelParamsMembers
{
    extension(ref LLamaModelParams parameters)
    {
        /// <summary>Says how the file comes into memory.</summary>
        /// <param name="map">Whether it is mapped; null: as libllama does by itself.</param>
        /// <param name="hold">Whether the system must keep it in memory.</param>
        public void LoadBy(bool? map, bool hold)
        {
            parameters.use_mmap = map ?? parameters.use_mmap;
            parameters.use_mlock = hold;
        }
    }
}
