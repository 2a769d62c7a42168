namespace Gateway.Llama.Grammars.Matching;

/// <summary>
/// The texts of a vocabulary's tokens as a tree over bytes, so that a beginning that does not fit is looked at once for all tokens that share it.
/// Nodes lie in the order in which the tree is walked. Immutable, safe on several threads.
/// </summary>
internal sealed class TokenTrie
{
    private const int None = -1;

    private readonly byte[] _text;
    private readonly int[] _starts;
    private readonly bool[] _ends;
    private readonly int[] _nextAlike;

    private TokenTrie(byte[] text, int[] starts, bool[] ends, int[] nextAlike, Node[] nodes, int longest, int[] silent, int[] ending)
    {
        (_text, _starts, _ends, _nextAlike) = (text, starts, ends, nextAlike);
        (Nodes, Longest, Silent, Ending) = (nodes, longest, silent, ending);
    }

    public Node[] Nodes { get; }

    /// <summary>Bytes of the longest token.</summary>
    public int Longest { get; }

    public int TokenCount => _ends.Length;

    /// <summary>Tokens without a text that do not end an answer either.</summary>
    public int[] Silent { get; }

    /// <summary>Tokens that end an answer.</summary>
    public int[] Ending { get; }

    /// <summary>Builds the tree.</summary>
    /// <param name="texts">Of each token the bytes that it adds to an answer; none for control tokens.</param>
    /// <param name="endsGeneration">Whether a token ends the answer; its text does not count.</param>
    public static TokenTrie Build(IReadOnlyList<byte[]> texts, Func<int, bool> endsGeneration)
    {
        var ends = new bool[texts.Count];
        var starts = new int[texts.Count + 1];
        for (var token = 0; token < texts.Count; token++)
        {
            ends[token] = endsGeneration(token);
            starts[token + 1] = starts[token] + (ends[token] ? 0 : texts[token].Length);
        }

        var text = new byte[starts[^1]];
        for (var token = 0; token < texts.Count; token++)
        {
            texts[token].AsSpan(0, starts[token + 1] - starts[token]).CopyTo(text.AsSpan(starts[token]));
        }

        ReadOnlySpan<byte> TextOf(int token) => text.AsSpan(starts[token]..starts[token + 1]);

        var all = Enumerable.Range(0, texts.Count);
        int[] silent = [.. all.Where(token => !ends[token] && starts[token] == starts[token + 1])];
        int[] ending = [.. all.Where(token => ends[token])];
        int[] sorted = [.. all.Where(token => starts[token] < starts[token + 1])];
        sorted.AsSpan().Sort((a, b) => TextOf(a).SequenceCompareTo(TextOf(b)) is not 0 and var order ? order : a.CompareTo(b));

        var nextAlike = new int[texts.Count];
        Array.Fill(nextAlike, None);
        var nodes = new List<Node>();
        var path = new List<int>();
        var longest = 0;
        var before = None;
        foreach (var token in sorted)
        {
            var current = TextOf(token);
            var shared = before == None ? 0 : current.CommonPrefixLength(TextOf(before));
            if (before != None && shared == current.Length && shared == starts[before + 1] - starts[before])
            {
                // The same text: found through the token before.
                nextAlike[token] = nodes[path[^1]].Token;
                nodes[path[^1]] = nodes[path[^1]] with { Token = token };
                before = token;
                continue;
            }

            Leave(nodes, path, shared);
            for (var i = shared; i < current.Length; i++)
            {
                path.Add(nodes.Count);
                nodes.Add(new Node(current[i], (ushort)Math.Min(i, ushort.MaxValue), i == current.Length - 1 ? token : None, 0));
            }

            longest = Math.Max(longest, current.Length);
            before = token;
        }

        Leave(nodes, path, 0);
        return new TokenTrie(text, starts, ends, nextAlike, [.. nodes], longest, silent, ending);
    }

    /// <summary>What a token adds to an answer.</summary>
    public ReadOnlySpan<byte> TextOf(int token) => _text.AsSpan(_starts[token], _starts[token + 1] - _starts[token]);

    public bool EndsGeneration(int token) => _ends[token];

    /// <summary>The next token of the same text, or -1.</summary>
    public int NextAlike(int token) => _nextAlike[token];

    private static void Leave(List<Node> nodes, List<int> path, int length)
    {
        for (var i = path.Count - 1; i >= length; i--)
        {
            nodes[path[i]] = nodes[path[i]] with { End = nodes.Count };
        }

        path.RemoveRange(length, path.Count - length);
    }

    /// <summary>A node of the tree.</summary>
    /// <param name="Value">The byte that leads to it.</param>
    /// <param name="Depth">Bytes before that one.</param>
    /// <param name="Token">A token that ends here, or -1.</param>
    /// <param name="End">Index of the first node that does not lie below it.</param>
    internal readonly record struct Node(byte Value, ushort Depth, int Token, int End);
}
