using System.Runtime.CompilerServices;

namespace LLama.Native;

/// <summary>What LLamaSharp keeps private, or does in another way.</summary>
internal static class SafeLLamaContextHandleMembers
{
    extension(SafeLLamaContextHandle context)
    {
        /// <summary>llama_memory_t; 0 for models such as BERT, which look at a whole text at once and generate none.</summary>
        public nint Memory => llama_get_memory(null, context);

        /// <summary>Makes a context; null when libllama could not.</summary>
        public static SafeLLamaContextHandle? TryCreate(SafeLlamaModelHandle model, LLamaContextParams parameters)
        {
            var created = SafeLLamaContextHandle.Create(model, parameters);
            if (!created.IsInvalid)
            {
                return created;
            }

            // Create has taken a reference to the model all the same, which no one would give back.
            created.Dispose();
            model.DangerousRelease();
            return null;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod)]
    private static extern nint llama_get_memory(SafeLLamaContextHandle? type, SafeLLamaContextHandle ctx);
}
