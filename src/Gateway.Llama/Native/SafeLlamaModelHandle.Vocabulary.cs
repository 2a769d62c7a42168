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
            BOS = llama_vocab_bos(_vocab);
            EOS = llama_vocab_eos(_vocab);
            SEP = llama_vocab_sep(_vocab);
            ShouldAddBOS = llama_vocab_get_add_bos(_vocab);
            ShouldAddEOS = llama_vocab_get_add_eos(_vocab);
        }

        internal nint VocabNative => _vocab;

        public int Count { get; }

        public LLamaVocabType Type { get; }

        /// <summary>Beginning of a text (BERT: CLS), or <see cref="LLamaToken.InvalidToken"/>.</summary>
        public LLamaToken BOS { get; }

        public LLamaToken EOS { get; }

        public LLamaToken SEP { get; }

        public bool ShouldAddBOS { get; }

        public bool ShouldAddEOS { get; }

        /// <summary>Every token's attributes, and whether it ends an answer.</summary>
        public (LLamaTokenAttr Attributes, bool EndsGeneration)[] ReadAttributes()
        {
            var attributes = new (LLamaTokenAttr, bool)[Count];
            _model.Lease();
            try
            {
                for (var token = 0; token < attributes.Length; token++)
                {
                    attributes[token] = (llama_vocab_get_attr(_vocab, token), llama_vocab_is_eog(_vocab, token));
                }
            }
            finally
            {
                _model.DangerousRelease();
            }

            return attributes;
        }

        /// <summary>The token as written in the file; for a special token that is the text it stands for.</summary>
        public string Text(LLamaToken token)
        {
            Checked(token);
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

        /// <summary>Writes what the token stands for. Returns the number of bytes, or the negative of it when the span is too small.</summary>
        /// <param name="token">A token of this vocabulary.</param>
        /// <param name="destination">Takes UTF-8, possibly a part of a character only.</param>
        /// <param name="special">Whether special tokens have a text too.</param>
        public int TokenToSpan(LLamaToken token, Span<byte> destination, bool special)
        {
            Checked(token);
            _model.Lease();
            try
            {
                fixed (byte* buffer = destination)
                {
                    return llama_token_to_piece(_vocab, token, buffer, destination.Length, 0, special);
                }
            }
            finally
            {
                _model.DangerousRelease();
            }
        }

        public int[] Tokenize(ReadOnlySpan<char> text, bool addSpecial, bool parseSpecial)
        {
            var bytes = new byte[Encoding.UTF8.GetByteCount(text)];
            Encoding.UTF8.GetBytes(text, bytes);

            // At most one token a byte, and those in front and behind. A text rarely needs a third of that.
            var tokens = new int[(bytes.Length / 3) + 16];
            var count = Tokenize(bytes, tokens, addSpecial, parseSpecial);
            if (count < 0)
            {
                if (count == int.MinValue)
                {
                    throw new ArgumentException("The text has more tokens than can be counted.", nameof(text));
                }

                tokens = new int[-count];
                count = Tokenize(bytes, tokens, addSpecial, parseSpecial);
            }

            return tokens.AsSpan(0, count).ToArray();
        }

        public string Detokenize(ReadOnlySpan<int> tokens, bool special)
        {
            foreach (var token in tokens)
            {
                Checked(token);
            }

            var bytes = new byte[(tokens.Length * 8) + 16];
            var count = Detokenize(tokens, bytes, special);
            if (count < 0)
            {
                bytes = new byte[-count];
                count = Detokenize(tokens, bytes, special);
            }

            return Encoding.UTF8.GetString(bytes, 0, count);
        }

        /// <summary>libllama does not check token ids everywhere: one that is out of range would read beyond its tables.</summary>
        private LLamaToken Checked(LLamaToken token) => (uint)token.Value < (uint)Count
            ? token
            : throw new ArgumentOutOfRangeException(nameof(token), token.Value, $"Token ids of this model go from 0 to {Count - 1}.");

        private int Tokenize(byte[] text, int[] tokens, bool addSpecial, bool parseSpecial)
        {
            _model.Lease();
            try
            {
                fixed (byte* bytes = text)
                fixed (int* ids = tokens)
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

        private int Detokenize(ReadOnlySpan<int> tokens, byte[] text, bool special)
        {
            _model.Lease();
            try
            {
                fixed (int* ids = tokens)
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
            int* tokens,
            int maxTokens,
            [MarshalAs(UnmanagedType.U1)] bool addSpecial,
            [MarshalAs(UnmanagedType.U1)] bool parseSpecial);

        [LibraryImport(NativeApi.LibraryName)]
        [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
        private static partial int llama_detokenize(
            nint vocab,
            int* tokens,
            int tokenCount,
            byte* text,
            int textLength,
            [MarshalAs(UnmanagedType.U1)] bool removeSpecial,
            [MarshalAs(UnmanagedType.U1)] bool unparseSpecial);
    }
}
