namespace Gateway.Llama.Grammars.Automata;

/// <summary>
/// A <see cref="Dfa"/> over the UTF-8 bytes of its texts, so that a token may end in the middle of a character. States keep their numbers;
/// those inside of characters come after them. Only well-formed UTF-8 is followed.
/// </summary>
internal sealed class ByteAutomaton
{
    private readonly int[] _first;
    private readonly byte[] _high;
    private readonly byte[] _low;
    private readonly int[] _targets;
    private readonly bool[] _accepting;

    private ByteAutomaton(List<List<(byte Low, byte High, int Target)>> states, bool[] accepting)
    {
        _accepting = accepting;
        _first = new int[states.Count + 1];
        var count = states.Sum(edges => edges.Count);
        (_low, _high, _targets) = (new byte[count], new byte[count], new int[count]);
        var at = 0;
        for (var state = 0; state < states.Count; state++)
        {
            _first[state] = at;
            foreach (var (low, high, target) in states[state])
            {
                (_low[at], _high[at], _targets[at]) = (low, high, target);
                at++;
            }
        }

        _first[^1] = at;
    }

    public int EdgeCount => _targets.Length;

    public static ByteAutomaton From(Dfa dfa)
    {
        var states = new List<List<(byte, byte, int)>>();
        foreach (var _ in dfa.Edges)
        {
            states.Add([]);
        }

        var writer = new Writer(states);
        for (var state = 0; state < dfa.Edges.Length; state++)
        {
            writer.Write(state, dfa.Edges[state]);
        }

        return new ByteAutomaton(states, dfa.Accepting);
    }

    /// <summary>Whether the text may end here, which is never inside of a character.</summary>
    public bool Accepts(int state) => (uint)state < (uint)_accepting.Length && _accepting[state];

    /// <summary>The state after one more byte, or -1.</summary>
    public int Next(int state, byte value)
    {
        var (low, high) = (_first[state], _first[state + 1]);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_high[middle] < value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low < _first[state + 1] && _low[low] <= value ? _targets[low] : -1;
    }

    /// <summary>Whether any byte can follow.</summary>
    public bool CanContinue(int state) => _first[state] < _first[state + 1];

    /// <summary>Cuts ranges of code points into ranges of bytes, one byte of the character after the other.</summary>
    private sealed class Writer(List<List<(byte Low, byte High, int Target)>> states)
    {
        private readonly Dictionary<(int Target, int Bytes), int> _uniform = [];

        public void Write(int state, Dfa.Edge[] edges)
        {
            foreach (var edge in edges)
            {
                if (edge.Low < 0x80)
                {
                    states[state].Add(((byte)edge.Low, (byte)Math.Min(edge.High, 0x7F), edge.Target));
                }
            }

            if (edges.Length > 0 && edges[^1].High >= 0x80)
            {
                // First byte, how many follow, and where the shortest form of so many bytes begins and ends.
                WriteFirst(state, edges, 0xC0, 1, 0x80, 0x7FF);
                WriteFirst(state, edges, 0xE0, 2, 0x800, 0xFFFF);
                WriteFirst(state, edges, 0xF0, 3, 0x10000, CharSet.Last);
            }
        }

        private void WriteFirst(int state, Dfa.Edge[] edges, int first, int following, int least, int most)
        {
            var clipped = edges.Where(edge => edge.High >= least && edge.Low <= most)
                .Select(edge => edge with { Low = Math.Max(edge.Low, least), High = Math.Min(edge.High, most) })
                .ToArray();
            var size = 1 << (6 * following);
            for (var lead = least / size; lead <= most / size; lead++)
            {
                Append(states[state], (byte)(first + lead), Block(clipped, lead * size, following));
            }
        }

        /// <summary>The state that reads the last bytes of a block of 64 to the power of <paramref name="bytes"/> code points, or -1.</summary>
        private int Block(ReadOnlySpan<Dfa.Edge> edges, int start, int bytes)
        {
            var size = 1 << (6 * bytes);
            while (edges.Length > 0 && edges[0].High < start)
            {
                edges = edges[1..];
            }

            if (edges.Length == 0 || edges[0].Low >= start + size)
            {
                return -1;
            }

            if (edges[0].Low <= start && edges[0].High >= start + size - 1)
            {
                return Uniform(edges[0].Target, bytes);
            }

            var part = size / 64;
            var inner = new List<(byte, byte, int)>();
            for (var i = 0; i < 64; i++)
            {
                Append(inner, (byte)(0x80 + i), Block(edges, start + (i * part), bytes - 1));
            }

            states.Add(inner);
            return states.Count - 1;
        }

        private int Uniform(int target, int bytes)
        {
            if (bytes == 0)
            {
                return target;
            }

            if (!_uniform.TryGetValue((target, bytes), out var state))
            {
                var rest = Uniform(target, bytes - 1);
                states.Add([(0x80, 0xBF, rest)]);
                _uniform.Add((target, bytes), state = states.Count - 1);
            }

            return state;
        }

        private static void Append(List<(byte Low, byte High, int Target)> edges, byte value, int target)
        {
            if (target < 0)
            {
                return;
            }

            if (edges.Count > 0 && edges[^1].Target == target && edges[^1].High + 1 == value)
            {
                edges[^1] = (edges[^1].Low, value, target);
            }
            else
            {
                edges.Add((value, value, target));
            }
        }
    }
}
