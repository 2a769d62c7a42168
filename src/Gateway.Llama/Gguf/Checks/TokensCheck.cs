using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Gateway.Llama.Gguf.Checks;

/// <summary>The tokens themselves, in one pass over the file. Of each kind of problem the first is shown, with how many there are.</summary>
internal sealed class TokensCheck(GgufFile file, VocabularyKind kind, GgufValue tokens, GgufValue? types, GgufProblems problems)
{
    private const string Key = "tokenizer.ggml.tokens";
    private const int ByteType = 6;

    // What libllama takes for decoding one token grows with the square of its length; 262,000 common tokens are some 20 MB.
    private const long MostSquares = 512L << 20;

    private readonly HashSet<UInt128> _seen = [];
    private readonly bool[] _bytes = new bool[256];
    private Finding _long;
    private Finding _notUtf8;
    private Finding _twice;
    private Finding _byteType;
    private long _squares;

    public void Run()
    {
        var typeOf = types is null ? [] : file.Numbers(types, (int)tokens.Count);
        var index = 0;
        foreach (var token in file.Strings(tokens))
        {
            Check(index, token, index < typeOf.Length ? (int)typeOf[index] : 1);
            index++;
        }

        Report(_long, Invariant($"longer than {GgufLimits.LongestToken} bytes"));
        Report(_notUtf8, "not UTF-8");
        Report(_twice, "there before");
        if (_squares > MostSquares)
        {
            problems.AddKey(Key, "the tokens are too long in all");
        }

        if (_byteType.Count > 0)
        {
            problems.AddKey("tokenizer.ggml.token_type", kind == VocabularyKind.WordPieces
                ? Invariant($"token {_byteType.First} is a byte (6), which this tokenizer does not have")
                : Invariant($"token {_byteType.First} is a byte (6), and its text is not like <0x0A>"));
        }

        if (kind is VocabularyKind.SentencePiece or VocabularyKind.Rwkv or VocabularyKind.Plamo2 && Array.IndexOf(_bytes, false) is >= 0 and var missing)
        {
            problems.AddKey(Key, Invariant($"there is no token for the byte {missing}; {_bytes.Count(has => !has)} of the 256 bytes have none"));
        }
    }

    private void Check(int index, byte[] token, int type)
    {
        // libllama reads up to a NUL, and names empty ones.
        var text = token.AsSpan();
        if (text.IndexOf((byte)0) is >= 0 and var end)
        {
            text = text[..end];
        }

        if (text.IsEmpty)
        {
            text = Encoding.ASCII.GetBytes(Invariant($"[EMPTY_{index}]"));
        }

        if (text.Length > GgufLimits.LongestToken)
        {
            _long.Add(index);
        }
        else
        {
            _squares += (long)text.Length * text.Length * (kind == VocabularyKind.Plamo2 ? text.Length : 1);
        }

        if (!Utf8.IsValid(text))
        {
            _notUtf8.Add(index);
        }

        if (!_seen.Add(Hash(text)))
        {
            _twice.Add(index);
        }

        Bytes(index, text, type);
    }

    private void Bytes(int index, ReadOnlySpan<byte> text, int type)
    {
        var isByteName = text.Length == 6 && text.StartsWith("<0x"u8) && text[5] == '>'
            && byte.TryParse(text[3..5], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out _);
        if (type == ByteType && (kind == VocabularyKind.WordPieces || (text.Length < 3 && kind != VocabularyKind.Rwkv)))
        {
            _byteType.Add(index);
        }

        if (kind == VocabularyKind.Rwkv)
        {
            if (RwkvByte(text) is { } value)
            {
                _bytes[value] = true;
            }
        }
        else if (isByteName && (kind != VocabularyKind.Plamo2 || (type == ByteType && index > 0)))
        {
            _bytes[byte.Parse(text[3..5], NumberStyles.HexNumber, CultureInfo.InvariantCulture)] = true;
        }
        else if (kind == VocabularyKind.SentencePiece && text.Length == 1)
        {
            _bytes[text[0]] = true;
        }
    }

    // These write bytes as Python's repr does: \n, \t, \r, \xNN, or a backslash before the byte itself.
    private static byte? RwkvByte(ReadOnlySpan<byte> text) => text switch
    {
        [not (byte)'\\'] => text[0],
        [(byte)'\\', (byte)'n'] => (byte)'\n',
        [(byte)'\\', (byte)'t'] => (byte)'\t',
        [(byte)'\\', (byte)'r'] => (byte)'\r',
        [(byte)'\\', (byte)'x', _, _] when byte.TryParse(text[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value) => value,
        [(byte)'\\', not (byte)'x'] => text[1],
        _ => null,
    };

    private void Report(Finding finding, string what)
    {
        if (finding.Count > 0)
        {
            problems.AddKey(Key, Invariant($"token {finding.First} is {what}") + (finding.Count > 1 ? Invariant($" ({finding.Count} tokens are)") : ""));
        }
    }

    // FNV-1a, 128 bits: it need only tell apart what was not made to collide; a collision refuses a file, never lets one in.
    private static UInt128 Hash(ReadOnlySpan<byte> text)
    {
        var hash = new UInt128(0x6c62272e07bb0142, 0x62b821756295c58d);
        var prime = new UInt128(0x0000000001000000, 0x000000000000013b);
        foreach (var value in text)
        {
            hash = (hash ^ value) * prime;
        }

        return hash;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private struct Finding
    {
        public int First { get; private set; }

        public int Count { get; private set; }

        public void Add(int index)
        {
            First = Count == 0 ? index : First;
            Count++;
        }
    }
}
