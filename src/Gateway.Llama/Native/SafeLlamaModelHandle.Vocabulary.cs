using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace LLama.Native;

internal sealed unsafe partial class SafeLlamaModelHandle
{
    /// <summary>A model's tokens. Lives in the model: every call keeps the model alive until it returns.</summary>
    internal sealed unsafe partial class Vocabulary
    {
        private readonly SafeLlamaModelHandle _model;
        private readonly nint _vocab;

        internal Vocabulary(SafeLlamaModelHandle model)
        {
            _model = model;
            _vocab = llama_model_get_vocab(model);
            Count = llama_vocab_n_tokens(_vocab);
            Type = llama_vocab_type(_vocab);
            BOS = Existing(llama_vocab_bos(_vocab));
            EOS = Existing(llama_vocab_eos(_vocab));
            SEP = Existing(llama_vocab_sep(_vocab));
            ShouldAddBOS = llama_vocab_get_add_bos(_vocab);
            ShouldAddEOS = llama_vocab_get_add_eos(_vocab);
        }

        internal nint VocabNative => _vocab;

        public int Count { get; }

        public LLamaVocabType Type { get; }

        /// <summary>Beginning of a text (BERT: CLS); null when there is none.</summary>
        public LLamaToken? BOS { get; }

        public LLamaToken? EOS { get; }

        public LLamaToken? SEP { get; }

        public bool ShouldAddBOS { get; }

        public bool ShouldAddEOS { get; }

        /// <summary>What a token stands for; null for no token and for no text.</summary>
        /// <param name="token">A token of this vocabulary, or null.</param>
        /// <param name="isSpecialToken">Whether special tokens have a text too.</param>
        public string? LLamaTokenToString(LLamaToken? token, bool isSpecialToken)
        {
            if (token is not { } present)
            {
                return null;
            }

            Span<byte> bytes = stackalloc byte[128];
            var length = (int)_model.TokenToSpan(present, bytes, special: isSpecialToken);
            if (length > bytes.Length)
            {
                bytes = new byte[length];
                length = (int)_model.TokenToSpan(present, bytes, special: isSpecialToken);
            }

            return length == 0 ? null : Encoding.UTF8.GetString(bytes[..length]);
        }

        /// <summary>The token as the file writes it.</summary>
        /// <param name="token">A token of this vocabulary.</param>
        public string Text(LLamaToken token)
        {
            _model.Lease();
            try
            {
                return Marshal.PtrToStringUTF8((nint)llama_vocab_get_text(_vocab, token)) ?? "";
            }
            finally
            {
                _model.DangerousRelease();
            }
        }

        internal LLamaTokenAttr AttributesOf(LLamaToken token)
        {
            _model.Lease();
            try
            {
                return llama_vocab_get_attr(_vocab, token);
            }
            finally
            {
                _model.DangerousRelease();
            }
        }

        internal bool EndsGeneration(LLamaToken token)
        {
            _model.Lease();
            try
            {
                return llama_vocab_is_eog(_vocab, token);
            }
            finally
            {
                _model.DangerousRelease();
            }
        }

        /// <summary>As <see cref="SafeLlamaModelHandle.TokenToSpan"/>, with a negative length when the span is too small.</summary>
        internal int TokenToPiece(LLamaToken token, Span<byte> destination, int leftStrip, bool special)
        {
            _model.Lease();
            try
            {
                fixed (byte* buffer = destination)
                {
                    return llama_token_to_piece(_vocab, token, buffer, destination.Length, leftStrip, special);
                }
            }
            finally
            {
                _model.DangerousRelease();
            }
        }

        /// <summary>Writes the tokens of a text and returns their number, or the negative of it when there is too little room.</summary>
        internal int Tokenize(ReadOnlySpan<byte> text, Span<LLamaToken> tokens, bool addSpecial, bool parseSpecial)
        {
            _model.Lease();
            try
            {
                fixed (byte* bytes = text)
                fixed (LLamaToken* ids = tokens)
                {
                    // An empty text must not be a null pointer.
                    byte none = 0;
                    return llama_tokenize(_vocab, bytes == null ? &none : bytes, text.Length, ids, tokens.Length, addSpecial, parseSpecial);
                }
            }
            finally
            {
                _model.DangerousRelease();
            }
        }

        /// <summary>Writes the text of tokens and returns its length, or the negative of it when there is too little room.</summary>
        internal int Detokenize(ReadOnlySpan<LLamaToken> tokens, Span<byte> text, bool special)
        {
            _model.Lease();
            try
            {
                fixed (LLamaToken* ids = tokens)
                fixed (byte* bytes = text)
                {
                    return tokens.IsEmpty ? 0 : llama_detokenize(_vocab, ids, tokens.Length, bytes, text.Length, false, special);
                }
            }
            finally
            {
                _model.DangerousRelease();
            }
        }

        private static LLamaToken? Existing(LLamaToken token) => token == LLamaToken.InvalidToken ? null : token;

        [LibraryImport(NativeApi.LibraryName)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        private static partial int llama_vocab_n_tokens(nint vocab);

        [LibraryImport(NativeApi.LibraryName)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        private static partial LLamaVocabType llama_vocab_type(nint vocab);

        [LibraryImport(NativeApi.LibraryName)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        private static partial LLamaToken llama_vocab_bos(nint vocab);

        [LibraryImport(NativeApi.LibraryName)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        private static partial LLamaToken llama_vocab_eos(nint vocab);

        [LibraryImport(NativeApi.LibraryName)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        private static partial LLamaToken llama_vocab_sep(nint vocab);

        [LibraryImport(NativeApi.LibraryName)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        [return: MarshalAs(UnmanagedType.U1)]
        private static partial bool llama_vocab_get_add_bos(nint vocab);

        [LibraryImport(NativeApi.LibraryName)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        [return: MarshalAs(UnmanagedType.U1)]
        private static partial bool llama_vocab_get_add_eos(nint vocab);

        [LibraryImport(NativeApi.LibraryName)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        private static partial byte* llama_vocab_get_text(nint vocab, LLamaToken token);

        [LibraryImport(NativeApi.LibraryName)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        private static partial LLamaTokenAttr llama_vocab_get_attr(nint vocab, LLamaToken token);

        [LibraryImport(NativeApi.LibraryName)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        [return: MarshalAs(UnmanagedType.U1)]
        private static partial bool llama_vocab_is_eog(nint vocab, LLamaToken token);

        [LibraryImport(NativeApi.LibraryName)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        private static partial int llama_token_to_piece(
            nint vocab, LLamaToken token, byte* buffer, int length, int leftStrip, [MarshalAs(UnmanagedType.U1)] bool special);

        [LibraryImport(NativeApi.LibraryName)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        private static partial int llama_tokenize(
            nint vocab,
            byte* text,
            int textLength,
            LLamaToken* tokens,
            int maxTokens,
            [MarshalAs(UnmanagedType.U1)] bool addSpecial,
            [MarshalAs(UnmanagedType.U1)] bool parseSpecial);

        [LibraryImport(NativeApi.LibraryName)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        private static partial int llama_detokenize(
            nint vocab,
            LLamaToken* tokens,
            int tokenCount,
            byte* text,
            int textLength,
            [MarshalAs(UnmanagedType.U1)] bool removeSpecial,
            [MarshalAs(UnmanagedType.U1)] bool unparseSpecial);
    }
}
