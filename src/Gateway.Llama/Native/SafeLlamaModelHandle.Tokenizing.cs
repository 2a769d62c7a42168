using System.Text;

namespace LLama.Native;

internal sealed unsafe partial class SafeLlamaModelHandle
{
    /// <summary>Tokens of a text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="addBos">Whether to add the tokens that the model wants at the beginning and end.</param>
    /// <param name="special">Whether the text of a special token becomes that token.</param>
    /// <param name="encoding">UTF-8, with what to do about halves of surrogate pairs.</param>
    public LLamaToken[] Tokenize(string text, bool addBos, bool special, Encoding encoding)
    {
        var bytes = encoding.GetBytes(text);

        // At most one token a byte, and those in front and behind. A text rarely needs a third of that.
        var tokens = new LLamaToken[(bytes.Length / 3) + 16];
        var count = Vocab.Tokenize(bytes, tokens, addBos, special);
        if (count < 0)
        {
            if (count == int.MinValue)
            {
                throw new ArgumentException("The text has more tokens than can be counted.", nameof(text));
            }

            tokens = new LLamaToken[-count];
            count = Vocab.Tokenize(bytes, tokens, addBos, special);
        }

        return tokens.AsSpan(0, count).ToArray();
    }

    /// <summary>Writes what a token stands for. Returns the number of bytes, also when they are more than the span takes.</summary>
    /// <param name="token">A token of the vocabulary: libllama ends the process for another one.</param>
    /// <param name="dest">Takes UTF-8, possibly a part of a character only.</param>
    /// <param name="lstrip">Number of spaces in front to leave out.</param>
    /// <param name="special">Whether special tokens have a text too.</param>
    public uint TokenToSpan(LLamaToken token, Span<byte> dest, int lstrip = 0, bool special = false) =>
        (uint)Math.Abs(Vocab.TokenToPiece(token, dest, lstrip, special));

    /// <summary>The text of tokens.</summary>
    /// <param name="tokens">Tokens of the vocabulary: libllama ends the process for others.</param>
    /// <param name="special">Whether special tokens have a text too.</param>
    public string Detokenize(ReadOnlySpan<LLamaToken> tokens, bool special)
    {
        var bytes = new byte[(tokens.Length * 8) + 16];
        var count = Vocab.Detokenize(tokens, bytes, special);
        if (count < 0)
        {
            bytes = new byte[-count];
            count = Vocab.Detokenize(tokens, bytes, special);
        }

        return Encoding.UTF8.GetString(bytes, 0, count);
    }
}
