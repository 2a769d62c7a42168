using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Gateway.Llama.Loading;

namespace LLama.Native;

/// <summary>What LLamaSharp keeps private, or does not bind.</summary>
internal static unsafe class SafeLlamaModelHandleMembers
{
    private const string VocabularyPointer = "LLama.Native.LLamaVocabNative*, LLamaSharp";

    extension(SafeLlamaModelHandle model)
    {
        /// <summary>Numbers in a pooled vector; rarely other than <see cref="SafeLlamaModelHandle.EmbeddingSize"/>.</summary>
        public int EmbeddingOutputSize => llama_model_n_embd_out(null, model);

        /// <summary>Whether it has a state of fixed size a sequence. llama_model_is_hybrid is not bound, but the state's size is in the file.</summary>
        public bool IsHybrid =>
            model.MetadataValue("general.architecture") is { } architecture
            && (model.MetadataValue(architecture + ".ssm.conv_kernel") ?? model.MetadataValue(architecture + ".shortconv.l_cache")) is not null;

        /// <summary>Tokens that layers with a sliding window look back; 0 when there are none. llama_model_n_swa is not bound, but it is in the file.</summary>
        public int SlidingWindow =>
            model.MetadataValue("general.architecture") is { } architecture
            && int.TryParse(model.MetadataValue(architecture + ".attention.sliding_window"), out var window) ? window : 0;

        /// <summary>The text of tokens.</summary>
        /// <param name="tokens">Tokens of the vocabulary: libllama ends the process for others.</param>
        /// <param name="special">Whether special tokens have a text too.</param>
        public string Detokenize(ReadOnlySpan<LLamaToken> tokens, bool special)
        {
            if (tokens.IsEmpty)
            {
                return "";
            }

            var bytes = new byte[(tokens.Length * 8) + 16];
            var count = Detokenize(model, tokens, bytes, special);
            if (count < 0)
            {
                bytes = new byte[-count];
                count = Detokenize(model, tokens, bytes, special);
            }

            return Encoding.UTF8.GetString(bytes, 0, count);
        }
    }

    extension(SafeLlamaModelHandle.Vocabulary vocabulary)
    {
        /// <summary>Whether a separator stands between the two texts of a pair.</summary>
        public bool ShouldAddSEP =>
            ((delegate*<void*, bool>)VocabularyFunction("llama_vocab_get_add_sep"))(get_VocabNative(vocabulary));

        /// <summary>The token as the file writes it.</summary>
        /// <param name="token">A token of this vocabulary.</param>
        public string Text(LLamaToken token) => Marshal.PtrToStringUTF8(
            (nint)((delegate*<void*, LLamaToken, byte*>)VocabularyFunction("llama_vocab_get_text"))(get_VocabNative(vocabulary), token)) ?? "";
    }

    private static int Detokenize(SafeLlamaModelHandle model, ReadOnlySpan<LLamaToken> tokens, byte[] text, bool special)
    {
        fixed (LLamaToken* ids = tokens)
        fixed (byte* bytes = text)
        {
            var count = llama_detokenize(null, get_VocabNative(model.Vocab), ids, tokens.Length, bytes, text.Length, false, special);
            GC.KeepAlive(model);
            return count;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod)]
    private static extern int llama_model_n_embd_out(SafeLlamaModelHandle? type, SafeLlamaModelHandle model);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    [return: UnsafeAccessorType(VocabularyPointer)]
    private static extern void* get_VocabNative(SafeLlamaModelHandle.Vocabulary vocabulary);

    // An accessor cannot name a method of a struct that is not public.
    private static nint VocabularyFunction(string name) => typeof(SafeLlamaModelHandle).Assembly
        .GetType("LLama.Native.LLamaVocabNative", throwOnError: true)!
        .GetMethod(name)!
        .MethodHandle.GetFunctionPointer();

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod)]
    private static extern int llama_detokenize(
        [UnsafeAccessorType("LLama.Native.NativeApi, LLamaSharp")] object? type,
        [UnsafeAccessorType(VocabularyPointer)] void* model,
        LLamaToken* tokens,
        int nTokens,
        byte* textOut,
        int textLengthMax,
        bool removeSpecial,
        bool unparseSpecial);
}
