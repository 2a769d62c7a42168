using System.Globalization;
using Gateway.Llama.Scheduling;
using LLama.Native;

namespace Gateway.Llama.Loading;

/// <summary>Makes the context of a model that turns texts into vectors.</summary>
internal static class VectorContextFactory
{
    /// <summary>Texts that one decode takes.</summary>
    public const int MostTexts = 64;

    // Tokens that a text is read in at a time, where it can be read in pieces.
    public const int PieceLength = 512;

    // libllama keeps room for a row of logits a token (4 bytes for each word of the vocabulary) whether or not there will be any. For 250,000
    // words that is 1 MB a token, so what is not asked for by name stays within this.
    private const long UsualOutputs = 1L << 30;

    /// <summary>Tokens of a text when nobody says: what is usual, or less where one batch of it would take too much memory.</summary>
    public static int DefaultContextLength(long vocabularySize, bool inPieces, int usual)
    {
        var most = (int)Math.Min(usual, UsualOutputs / Math.Max(RowSize(vocabularySize), 1));
        return inPieces || most >= usual ? usual : Math.Max(most / 256 * 256, 256);
    }

    /// <exception cref="LlamaLoadException">libllama made none, or memory would not do for it.</exception>
    public static (SafeLLamaContextHandle Context, AbortSwitch Abort) Create(
        SafeLlamaModelHandle model, LlamaModelInfo info, ModelPurpose purpose, LlamaEngineOptions options)
    {
        // A text that is not read in pieces must be in one compute batch: libllama asserts that, and a failed assertion ends the process.
        var batch = purpose.InPieces ? Math.Min(info.ContextLength, PieceLength) : info.ContextLength;
        var abort = new AbortSwitch();
        var context = NativeLog.CollectErrors(
            () =>
            {
                var parameters = LLamaContextParams.Default();
                parameters.n_ctx = (uint)info.ContextLength;
                parameters.n_batch = (uint)batch;
                parameters.n_ubatch = (uint)batch;

                // Each takes a row of logits from the start; only models with a state a sequence need to know the number.
                parameters.n_seq_max = model.IsRecurrent || model.IsHybrid ? MostTexts : 1u;
                parameters.embeddings = true;
                parameters.llama_pooling_type = purpose.Pooling;

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
        if (context is null)
        {
            abort.Dispose();
            throw new LlamaLoadException(
                options.ModelPath,
                string.Create(CultureInfo.InvariantCulture, $"no working memory for {info.ContextLength} tokens could be made for it ({ModelLoader.Said(errors)})"),
                "Free memory, or lower ContextLength");
        }

        return (context, abort);
    }

    private static long RowSize(long vocabularySize) => 4 * vocabularySize;
}
