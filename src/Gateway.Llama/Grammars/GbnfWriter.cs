using System.Globalization;
using System.Text;
using Gateway.Llama.Grammars.Automata;

namespace Gateway.Llama.Grammars;

/// <summary>Writes a grammar in llama.cpp's notation: a rule for each node, and for each state of an automaton.</summary>
internal sealed class GbnfWriter(GrammarNode root)
{
    // libllama writes a repetition out and refuses more than 2,000 at once.
    private const int MostRepetitions = 1_000;

    private readonly StringBuilder _text = new();
    private readonly HashSet<GrammarNode> _known = [];
    private readonly Queue<GrammarNode> _open = new();

    public string Write()
    {
        _text.Append("root ::= ").Append(Name(root)).Append('\n');
        while (_open.TryDequeue(out var node))
        {
            if (node is TerminalNode { Terminal.Characters: var characters })
            {
                WriteStates(node.Id, characters);
                continue;
            }

            _text.Append(CultureInfo.InvariantCulture, $"n{node.Id} ::= ");
            WriteBody(node);
            _text.Append('\n');
        }

        return _text.ToString();
    }

    private string Name(GrammarNode node)
    {
        if (node is LiteralNode literal)
        {
            return Quote(literal.Text);
        }

        if (_known.Add(node))
        {
            _open.Enqueue(node);
        }

        return node is TerminalNode ? $"t{node.Id}-0" : $"n{node.Id}";
    }

    private void WriteBody(GrammarNode node)
    {
        switch (node)
        {
            case SequenceNode sequence:
                _text.AppendJoin(' ', sequence.Parts.Select(Name));
                break;
            case ChoiceNode choice:
                _text.AppendJoin(" | ", choice.Options.Where(Lives).Select(Name));
                break;
            case RepeatNode repeat when !Lives(repeat.Body):
                _text.Append("\"\"");
                break;
            case RepeatNode repeat:
                WriteRepeat(Name(repeat.Body), repeat.Least, repeat.Most);
                break;
            case NestNode nest:
                _text.Append(Name(nest.Body));
                break;
            case RuleNode rule:
                _text.Append(Name(rule.Body!));
                break;
        }
    }

    private static bool Lives(GrammarNode node) => node.MinDepth < GrammarNode.Never;

    private void WriteRepeat(string name, int least, int? most)
    {
        var separator = "";
        for (var left = least; left > 0; left -= MostRepetitions)
        {
            _text.Append(CultureInfo.InvariantCulture, $"{separator}{name}{{{Math.Min(left, MostRepetitions)}}}");
            separator = " ";
        }

        if (most is null)
        {
            _text.Append(separator).Append(name).Append('*');
        }

        for (var left = most - least; left > 0; left -= MostRepetitions)
        {
            _text.Append(CultureInfo.InvariantCulture, $"{separator}{name}{{0,{Math.Min(left.Value, MostRepetitions)}}}");
            separator = " ";
        }
    }

    private void WriteStates(int id, Dfa dfa)
    {
        for (var state = 0; state < dfa.Edges.Length; state++)
        {
            _text.Append(CultureInfo.InvariantCulture, $"t{id}-{state} ::= ");
            if (dfa.Accepting[state])
            {
                _text.Append(dfa.Edges[state].Length > 0 ? "\"\" | " : "\"\"");
            }

            _text.AppendJoin(" | ", dfa.Edges[state].GroupBy(edge => edge.Target).Select(group => $"[{string.Concat(group.Select(Range))}] t{id}-{group.Key}"));
            _text.Append('\n');
        }
    }

    private static string Range(Dfa.Edge edge) => edge.Low == edge.High ? Escape(edge.Low) : $"{Escape(edge.Low)}-{Escape(edge.High)}";

    private static string Quote(string text) => $"\"{string.Concat(text.EnumerateRunes().Select(rune => Escape(rune.Value)))}\"";

    private static string Escape(int codePoint) => codePoint switch
    {
        < 128 when char.IsAsciiLetterOrDigit((char)codePoint) || " _:,{}/.".Contains((char)codePoint, StringComparison.Ordinal) => ((char)codePoint).ToString(),
        < 0x100 => $"\\x{codePoint:X2}",
        < 0x10000 => $"\\u{codePoint:X4}",
        _ => $"\\U{codePoint:X8}",
    };
}
