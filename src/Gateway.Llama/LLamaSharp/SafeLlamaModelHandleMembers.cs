using System.Runtime.CompilerServices;
using System.Text;

namespace LLama.Native;

/// <summary>What LLamaSharp keeps private.</summary>
internal static unsafe class SafeLlamaModelHandleMembers
{
    private const string Vocabulary = "LLama.Native.LLamaVocabNative*, LLamaSharp";

    extension(SafeLlamaModelHandle model)
    {
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

    private static int Detokenize(SafeLlamaModelHandle model, ReadOnlySpan<LLamaToken> tokens, byte[] text, bool special)
    {
        fixed (LLamaToken* ids = tokens)
        fixed (byte* bytes = text)
        {
            var count = llama_detokenize(null, llama_model_get_vocab(null, model), ids, tokens.Length, bytes, text.Length, false, special);
            GC.KeepAlive(model);
            return count;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod)]
    [return: UnsafeAccessorType(Vocabulary)]
    private static extern void* llama_model_get_vocab(SafeLlamaModelHandle? type, SafeLlamaModelHandle model);

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod)]
    private static extern int llama_detokenize(
        [UnsafeAccessorType("LLama.Native.NativeApi, LLamaSharp")] object? type,
        [UnsafeAccessorType(Vocabulary)] void* model,
        LLamaToken* tokens,
        int nTokens,
        byte* textOut,
        int textLengthMax,
        bool removeSpecial,
        bool unparseSpecial);
}
