using FsCheck;
using FsCheck.Fluent;
using Gateway.Llama.Scheduling;
using LLama.Native;

namespace Gateway.Llama.Tests.Scheduling;

/// <summary>The tree against a memory that is nothing but lists of tokens, and a list of all that was ever published.</summary>
public sealed class PrefixTreeTests
{
    private const int Ids = 9;
    private const int Window = 3;

    // One begins with another.
    private static readonly int[][] PublicTexts = [[1, 1, 1], [1, 1, 1, 1, 1, 1], [1, 1, 2, 1]];

    [Fact]
    public void Any_beginning_is_found_and_is_what_was_put_there() => Check(PrefixMemory.Any);

    [Fact]
    public void With_a_window_what_is_found_has_its_window() => Check(PrefixMemory.Window);

    [Fact]
    public void With_checkpoints_what_is_found_was_kept_just_there() => Check(PrefixMemory.Checkpoints);

    private static void Check(PrefixMemory kind)
    {
        var steps = Gen.Choose(0, int.MaxValue - 1).ListOf().Resize(80);
        FsCheck.Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(400),
            Prop.ForAll(Arb.From(steps), seeds =>
            {
                var world = new World(kind);
                foreach (var seed in seeds)
                {
                    world.Do(new Random(seed));
                    world.Verify();
                }

                world.EndAll();
            }));
    }

    /// <summary>Requests that come, go on and end as they do in the scheduler.</summary>
    private sealed class World
    {
        private readonly Memory _memory = new();
        private readonly Stack<LLamaSeqId> _free = new(Enumerable.Range(0, Ids).Select(i => (LLamaSeqId)i));
        private readonly PrefixMemory _kind;
        private readonly PrefixTree _tree;
        private readonly List<Request> _running = [];
        private readonly List<(PrefixScope Scope, int[] Tokens)> _published = [];

        public World(PrefixMemory kind)
        {
            _kind = kind;
            _tree = new(_memory, kind, Window, _free, hostBytes: 200);
        }

        public void Do(Random random)
        {
            switch (random.Next(7))
            {
                case 6:
                    _tree.TryTrim(random.Next(60));
                    break;
                case 0 or 1:
                    Begin(random);
                    break;
                case 2 or 3 when _running.Count > 0:
                    Publish(_running[random.Next(_running.Count)], random);
                    break;
                case 4 when _running.Count > 0:
                    End(_running[random.Next(_running.Count)]);
                    break;
                case 5:
                    _tree.TryEvict();
                    break;
            }
        }

        public void Verify()
        {
            // Every cell is counted once, and what is pinned is there.
            Assert.Equal(_memory.CellCount, _tree.Cells + _running.Sum(r => r.Own));
            Assert.InRange(_tree.PinnedCells, 0, _tree.Cells);
            Assert.InRange(_tree.HostBytes, 0, 200);
            Assert.Equal(Ids, _free.Count + _running.Count + _memory.Held.Except(_running.Select(r => (int)r.Id)).Count());
            foreach (var request in _running)
            {
                Assert.Equal(request.Tokens, _memory.TokensOf(request.Id));
            }
        }

        public void EndAll()
        {
            while (_running.Count > 0)
            {
                End(_running[^1]);
            }

            Assert.Equal(0, _tree.PinnedCells);
            while (_tree.TryEvict())
            {
            }

            Assert.Equal((0, Ids), (_tree.Cells, _free.Count));
            Assert.Empty(_memory.Held);
        }

        private void Begin(Random random)
        {
            int[] tokens = [.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.Next(10) == 0 ? 2 : 1)];
            var texts = PublicTexts.Where(t => random.Next(2) == 0 && tokens.AsSpan().StartsWith(t));
            var scope = new PrefixScope(AdapterSet.None, random.Next(3) == 0 ? "b" : "a", texts.Select(t => t.Length).DefaultIfEmpty().Max());
            var match = _tree.Find(scope, tokens);
            if (match is { } known)
            {
                Assert.Contains(_published, p => MayBeginWith(scope, tokens.AsSpan(0, known.Length), p.Scope, p.Tokens));
                _tree.Pin(known.Node);
            }

            if (!_tree.TryTakeId(out var id))
            {
                if (match is { } unused)
                {
                    _tree.Unpin(unused.Node);
                }

                return;
            }

            var request = new Request(scope, id);
            if (match is { } pinned)
            {
                var forked = _tree.Fork(pinned, id, _ => true);
                _tree.Pin(forked.Node);
                _tree.Unpin(pinned.Node);
                request.Shared = forked.Node.Parent is null ? null : forked.Node;
                request.SharedEnd = forked.Length;
                request.Tokens.AddRange(tokens[..forked.Length]);
            }

            _running.Add(request);
            Decode(request, tokens.AsSpan(request.Tokens.Count));
        }

        private void Publish(Request request, Random random)
        {
            Keep(request);
            Decode(request, [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(4) == 0 ? 2 : 1)]);
        }

        private void Keep(Request request)
        {
            var own = request.Own;
            var end = _tree.Publish(request.Scope, request.Tokens.ToArray(), request.Id, request.Shared, out var taken);
            _published.Add((request.Scope, [.. request.Tokens]));
            if (end.Length > request.SharedEnd)
            {
                _tree.Pin(end.Node);
                if (request.Shared is { } before)
                {
                    _tree.Unpin(before);
                }

                request.Shared = end.Node;
                request.SharedEnd = end.Length;
                request.Duplicates = own - taken - (request.Tokens.Count - end.Length);
            }
        }

        private void End(Request request)
        {
            Keep(request);
            _running.Remove(request);
            _memory.Remove(request.Id);
            _free.Push(request.Id);
            if (request.Shared is { } shared)
            {
                _tree.Unpin(shared);
            }

            _tree.Tidy();
        }

        // What is its owner's own, or everybody's of both.
        private bool MayBeginWith(PrefixScope scope, ReadOnlySpan<int> known, PrefixScope other, ReadOnlySpan<int> published) =>
            published.StartsWith(known)
            && (scope.Owner == other.Owner || known.Length <= Math.Min(scope.Public, other.Public))
            && (_kind != PrefixMemory.Checkpoints || published.Length == known.Length);

        private void Decode(Request request, ReadOnlySpan<int> tokens)
        {
            foreach (var token in tokens)
            {
                _memory.Decode(request.Id, request.Tokens.Count, token);
                request.Tokens.Add(token);
            }
        }

        private sealed class Request(PrefixScope scope, LLamaSeqId id)
        {
            public PrefixScope Scope => scope;

            public LLamaSeqId Id => id;

            public List<int> Tokens { get; } = [];

            public PrefixNode? Shared { get; set; }

            public int SharedEnd { get; set; }

            public int Duplicates { get; set; }

            public int Own => Tokens.Count - SharedEnd + Duplicates;
        }
    }

    /// <summary>Cells with a token, a position and the sequences that have them.</summary>
    private sealed class Memory : ISequenceMemory
    {
        private readonly List<(int Position, int Token, HashSet<int> Ids)> _cells = [];

        public IEnumerable<int> Held => _cells.SelectMany(c => c.Ids).Distinct();

        public int CellCount => _cells.Count;

        public int[] TokensOf(LLamaSeqId id)
        {
            var mine = _cells.Where(c => c.Ids.Contains((int)id)).OrderBy(c => c.Position).ToList();
            Assert.Equal(Enumerable.Range(0, mine.Count), mine.Select(c => c.Position));
            return [.. mine.Select(c => c.Token)];
        }

        public void Decode(LLamaSeqId id, int position, int token) => _cells.Add((position, token, [(int)id]));

        public void Copy(LLamaSeqId from, LLamaSeqId to, int start, int end)
        {
            foreach (var cell in _cells.Where(c => c.Position >= start && c.Position < end && c.Ids.Contains((int)from)))
            {
                cell.Ids.Add((int)to);
            }
        }

        public void RemovePart(LLamaSeqId id, int start, int end)
        {
            foreach (var cell in _cells.Where(c => c.Position >= start && c.Position < end))
            {
                cell.Ids.Remove((int)id);
            }

            _cells.RemoveAll(c => c.Ids.Count == 0);
        }

        public void Remove(LLamaSeqId id) => RemovePart(id, 0, int.MaxValue);

        public int FirstPosition(LLamaSeqId id) => _cells.Where(c => c.Ids.Contains((int)id)).Select(c => c.Position).DefaultIfEmpty(-1).Min();

        public long SizeOf(LLamaSeqId id) => _cells.Count(c => c.Ids.Contains((int)id));

        // Position and token, both small.
        public byte[] Save(LLamaSeqId id) => [.. _cells.Where(c => c.Ids.Contains((int)id)).Select(c => (byte)((2 * c.Position) + c.Token - 1))];

        public bool TryRestore(LLamaSeqId id, byte[] state)
        {
            foreach (var cell in state)
            {
                Decode(id, cell / 2, (cell % 2) + 1);
            }

            return true;
        }
    }
}
