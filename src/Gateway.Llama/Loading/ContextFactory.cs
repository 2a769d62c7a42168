using System.Globalization;
using Gateway.Llama.Scheduling;
using LLama.Native;

namespace Gateway.Llama.Loading;

/// <summary>Makes the context that all requests of an engine share, and the one of its draft model.</summary>
internal static class ContextFactory
{
    // Tokens that one graph computes; more brings nothing on CPU and costs memory.
    public const int LargestComputeBatch = 512;

    /// <summary>Cells of the context of a model.</summary>
    public static int CellsOf(LlamaModelInfo info, LlamaEngineOptions options) => options.CacheCells ?? 2 * info.ContextLength;

    /// <exception cref="LlamaLoadException">libllama made none, most likely for lack of memory.</exception>
    public static SafeLLamaContextHandle Create(SafeLlamaModelHandle model, int cells, LlamaEngineOptions options, AbortSwitch abort)
    {
        var context = NativeLog.CollectErrors(
            () =>
            {
                var parameters = LLamaContextParams.Default();
                parameters.n_ctx = (uint)cells;
                parameters.n_batch = (uint)options.BatchSize;
                parameters.n_ubatch = (uint)Math.Min(options.BatchSize, LargestComputeBatch);
                parameters.n_seq_max = (uint)options.SequencesOf(model.IsRecurrent || model.IsHybrid);

                // Each request wants one row of logits; room for a row a token would be 100 MB with a vocabulary of 50k. libllama makes one for
                // each sequence and asserts that they are within this.
                parameters.n_outputs_max = parameters.n_seq_max;

                // The scheduler's governor sets more.
                parameters.n_threads = 1;
                parameters.n_threads_batch = 1;
                parameters.kv_unified = true;
                CacheSettings.Apply(options, ref parameters);
                parameters.abort_callback = AbortSwitch.Callback;
                parameters.abort_callback_user_data = abort.CallbackData;
                return SafeLLamaContextHandle.TryCreate(model, parameters);
            },
            out var errors);
        if (context is not { Memory: not 0 })
        {
            context?.Dispose();
            throw new LlamaLoadException(
                options.ModelPath,
                string.Create(CultureInfo.InvariantCulture, $"no working memory of {cells} KV cells could be made for it ({ModelLoader.Said(errors)})"),
                "Free memory, or lower CacheCells or ContextLength");
        }

        return context;
    }
}
