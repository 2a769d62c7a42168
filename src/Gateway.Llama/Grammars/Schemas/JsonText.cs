using System.Globalization;
using System.Text;
using Gateway.Llama.Grammars.Automata;

namespace Gateway.Llama.Grammars.Schemas;

/// <summary>JSON strings as they are written.</summary>
internal static class JsonText
{
    private static readonly CharSet Escaped = CharSet.Range(0, 0x1F).Union(CharSet.Of("\"\\"));
    private static readonly CharSet Hex = CharSet.Of("0123456789abcdefABCDEF");

    /// <summary>None, one space, or a line break and at most 20 spaces. Bounded, since models tend to write white space without end.</summary>
    public static Terminal Space { get; } = new(Dfa.From(Regular.Any(
        Regular.Empty,
        Regular.Text(" "),
        Regular.All(Regular.Text("\n"), Regular.Loop(Regular.Text(" "), 0, 20)))));

    public static Terminal OptionalSpace { get; } = new(Dfa.From(Regular.Loop(Regular.Text(" "), 0, 1)));

    /// <summary>One character inside of a string, written in any way; a pair of \u escapes is one.</summary>
    public static Regular AnyCharacter { get; } = Regular.Any(
        Regular.Of(CharSet.Any.Except(Escaped)),
        Regular.All(Regular.Text("\\"), Regular.Of(CharSet.Of("\"\\/bfnrt"))),
        Regular.All(Regular.Text("\\u"), Regular.Any(
            Regular.All(Regular.Of(CharSet.Of("0123456789abcefABCEF")), HexDigits(3)),
            Regular.All(Regular.Of(CharSet.Of("dD")), Regular.Of(CharSet.Range('0', '7')), HexDigits(2)),
            Regular.All(
                Regular.Of(CharSet.Of("dD")), Regular.Of(CharSet.Of("89abAB")), HexDigits(2), Regular.Text("\\u"),
                Regular.Of(CharSet.Of("dD")), Regular.Of(CharSet.Of("cdefCDEF")), HexDigits(2)))));

    public static Terminal Character { get; } = new(Dfa.From(AnyCharacter));

    public static Terminal String { get; } = new(Dfa.From(Regular.All(Regular.Text("\""), Regular.Loop(AnyCharacter, 0, null), Regular.Text("\""))));

    /// <summary>Any text, not written but as it is meant.</summary>
    public static Dfa AnyMeaning { get; } = Dfa.From(Regular.Loop(Regular.Of(CharSet.Any), 0, null));

    /// <summary>
    /// The strings whose meaning an automaton accepts. Each is written in one way, so that a text that is excluded cannot come in through an
    /// escape. Control characters without a short escape are left out where others stand for the same.
    /// </summary>
    public static Terminal Write(Dfa meaning)
    {
        var builder = new DfaBuilder();
        var start = builder.AddState(accepting: false);
        if (meaning.IsEmpty)
        {
            return new Terminal(builder.Build());
        }

        var first = 1;
        foreach (var _ in meaning.Edges)
        {
            builder.AddState(accepting: false);
        }

        builder.AddEdge(start, '"', '"', first);
        var end = builder.AddState(accepting: true);
        for (var state = 0; state < meaning.Edges.Length; state++)
        {
            if (meaning.Accepting[state])
            {
                builder.AddEdge(first + state, '"', '"', end);
            }

            foreach (var edges in meaning.Edges[state].GroupBy(edge => edge.Target))
            {
                var set = CharSet.Create(edges.Select(edge => (edge.Low, edge.High)));
                var shorter = set.Except(CharSet.Create([(0, 7), (11, 11), (14, 31)]));
                set = shorter.IsEmpty ? set : shorter;
                builder.AddEdge(first + state, set.Except(Escaped), first + edges.Key);
                foreach (var (low, high) in set.Intersect(Escaped).Ranges)
                {
                    for (var character = low; character <= high; character++)
                    {
                        builder.AddPath(first + state, Escape((char)character), first + edges.Key);
                    }
                }
            }
        }

        return new Terminal(builder.Build());
    }

    /// <summary>A text as a JSON string, written as <see cref="Write"/> writes it.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("\"", text.Length + 2);
        foreach (var character in text)
        {
            quoted.Append(character < ' ' || character is '"' or '\\' ? Escape(character) : character.ToString());
        }

        return quoted.Append('"').ToString();
    }

    private static string Escape(char character) => character switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\b' => "\\b",
        '\f' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ => "\\u" + ((int)character).ToString("x4", CultureInfo.InvariantCulture),
    };

    private static Regular HexDigits(int count) => Regular.Loop(Regular.Of(Hex), count, count);
}
