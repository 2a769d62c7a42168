using System.Globalization;
using Gateway.Llama.Scheduling;
using LLama.Native;

namespace Gateway.Llama.Loading;

/// <summary>Makes the context that all requests of an engine share.</summary>
internal static class ContextFactory
{
    // Tokens that one graph computes; more brings nothing on CPU and costs memory.
    private const int LargestComputeBatch = 512;

    /// <exception cref="LlamaLoadException">libllama made none, most likely for lack of memory.</exception>
    public static (SafeLLamaContextHandle Context, AbortSwitch Abort) Create(SafeLlamaModelHandle model, LlamaModelInfo info, LlamaEngineOptions options)
    {
        var cells = options.CacheCells ?? 2 * info.ContextLength;
        CheckMemory(model, info, options, cells);
        var abort = new AbortSwitch();
        var context = NativeLog.CollectErrors(
            () =>
            {
                var parameters = LLamaContextParams.Default();
                parameters.n_ctx = (uint)cells;
                parameters.n_batch = (uint)options.BatchSize;
                parameters.n_ubatch = (uint)Math.Min(options.BatchSize, LargestComputeBatch);
                parameters.n_seq_max = (uint)options.MaxSequences;

                // Each request wants one row of logits; room for a row a token would be 100 MB with a vocabulary of 50k.
                parameters.n_outputs_max = (uint)options.MaxSequences;

                // The scheduler's governor sets more.
                parameters.n_threads = 1;
                parameters.n_threads_batch = 1;
                parameters.kv_unified = true;
                parameters.abort_callback = AbortSwitch.Callback;
                parameters.abort_callback_user_data = abort.CallbackData;
                return SafeLLamaContextHandle.TryCreate(model, parameters);
            },
            out var errors);
        if (context is not { Memory: not 0 })
        {
            context?.Dispose();
            abort.Dispose();
            throw new LlamaLoadException(
                options.ModelPath,
                string.Create(CultureInfo.InvariantCulture, $"no working memory of {cells} KV cells could be made for it ({ModelLoader.Said(errors)})"),
                "Free memory, or lower CacheCells or ContextLength");
        }

        return (context, abort);
    }

    /// <summary>
    /// The system hands out memory that it does not have, and ends the process when it is used: a cache that cannot fit is refused before.
    /// </summary>
    private static void CheckMemory(SafeLlamaModelHandle model, LlamaModelInfo info, LlamaEngineOptions options, int cells)
    {
        // Per layer and cell a key and a value of 2-byte numbers for each KV head.
        var head = model.HeadCount > 0 ? info.EmbeddingSize / model.HeadCount : 0;
        var numbers = HeadLength(model, info, "key_length", head) + HeadLength(model, info, "value_length", head);
        var bytes = 2.0 * cells * model.LayerCount * model.KVHeadCount * numbers;
        var available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes > available)
        {
            throw new LlamaLoadException(
                options.ModelPath,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{cells} KV cells take about {bytes / 1e6:N0} MB for this model, and this process may use {available / 1e6:N0} MB"),
                "Lower CacheCells or ContextLength");
        }
    }

    private static int HeadLength(SafeLlamaModelHandle model, LlamaModelInfo info, string name, int otherwise) =>
        int.TryParse(model.MetadataValue($"{info.Architecture}.attention.{name}"), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? length
            : otherwise;
}
