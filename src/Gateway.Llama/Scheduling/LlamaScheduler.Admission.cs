using Gateway.Llama.Grammars.Matching;
using LLama.Native;

namespace Gateway.Llama.Scheduling;

/// <content>
/// Who gets a place, and who has to give one up. A request is let in when its prompt and a modest answer fit, since most answers are far shorter than
/// what they may be; when they all grow at once, the one that has least right to its place goes back to the queue, with all it has (its tokens, its
/// state in the cache, the state of its sampler), and goes on later as if nothing had been. The oldest request of the highest priority is never sent
/// back, and alone it always fits: so whatever happens one request gets nearer to its end, and all of them get there.
/// </content>
internal sealed partial class LlamaScheduler
{
    // Tokens of an answer that a place is given for.
    private const int ExpectedAnswer = 256;

    // What a request gains at least by waiting until another has read the tokens that both begin with.
    private const int LeastToFollow = 32;

    // Of all cells, those that nobody uses are kept within one part of this many, and a few: 2,000 of them make a step of one stream about a tenth
    // longer, and one that reads a prompt a quarter; to bring 2,000 back from the host's memory takes 20 to 50 ms once.
    private const int ShareOfCache = 32;
    private const int FewCells = 512;

    private readonly FairQueue _queue = new();
    private readonly int _mostRunning;
    private readonly ContextMemory _memory;
    private readonly Stack<LLamaSeqId> _freeIds = new();
    private readonly PrefixTree _tree;
    private readonly bool _usesTree;
    private bool _mayTrim;
    private long _preemptions;
    private long _cachedTokens;

    private void Admit()
    {
        if (_queue.Count == 0)
        {
            return;
        }

        _queue.BeginRound();
        while (_queue.Next() is { } next)
        {
            if (MustFollow(next))
            {
                _queue.Pass(next);
            }
            else if (_running.Count >= _mostRunning && !TryTakePlace(next, forCells: false))
            {
                _queue.PassAll(next.Tenant);
            }
            else if (!TryStart(next))
            {
                // Nobody else's turn either: small requests that pass would starve a large one.
                return;
            }
        }
    }

    private bool TryStart(RunningSequence sequence)
    {
        var match = Find(sequence);
        while (true)
        {
            if (match is { } known)
            {
                _tree.Pin(known.Node);
            }

            if (CellsFor(sequence, match) <= _cellsTotal - _tree.PinnedCells - PromisedCells() && _tree.TryTakeId(out var id))
            {
                Start(sequence, match, id);
                return true;
            }

            if (match is { } unused)
            {
                _tree.Unpin(unused.Node);
            }

            if (TryTakePlace(sequence, forCells: true))
            {
                match = Find(sequence);
            }
            else if (_running.Count == 0 && match is not null)
            {
                // What goes on behind the part that it could use takes the room.
                match = null;
            }
            else
            {
                return false;
            }
        }
    }

    /// <summary>Cells that a request takes for its tokens and the answer that is expected, beside what the context has of it already.</summary>
    private static int CellsFor(RunningSequence sequence, PrefixMatch? match)
    {
        var shared = match is { } known ? known.Length : 0;
        for (var node = match?.Node; node is { IsResident: false }; node = node.Parent)
        {
            shared = Math.Min(shared, node.Start);
        }

        return sequence.Count - shared + Math.Min(sequence.Remaining, ExpectedAnswer);
    }

    private void Start(RunningSequence sequence, PrefixMatch? match, LLamaSeqId id)
    {
        _queue.Remove(sequence);
        sequence.Id = id;
        sequence.Tenant.Running++;
        _running.Add(sequence);
        Volatile.Write(ref _runningCount, _running.Count);
        if (match is { } known)
        {
            var forked = _tree.Fork(known, id, MakeRoom);
            _tree.Pin(forked.Node);
            _tree.Unpin(known.Node);
            sequence.Share(forked);
        }

        var length = sequence.Decoded;
        sequence.Reserved = sequence.Count - length + Math.Min(sequence.Remaining, ExpectedAnswer);
        if (_usesTree && _tree.Kind == PrefixMemory.Checkpoints)
        {
            // Where an earlier prompt went another way a state would have been of use: the next one finds it.
            var common = _tree.CommonLength(sequence.Scope, sequence.Tokens[..^1]);
            sequence.Checkpoint = common >= length + LeastToFollow ? common : 0;
        }

        if (_usesTree && _tree.Kind != PrefixMemory.Any && sequence.Scope.Public >= length + LeastToFollow)
        {
            // What is everybody's can be kept while it is all there is.
            sequence.Checkpoint = sequence.Scope.Public;
        }

        if (!sequence.Generation.HasStarted)
        {
            sequence.Generation.CachedTokens = length;
            Volatile.Write(ref _cachedTokens, _cachedTokens + length);
            sequence.Tenant.Count.AddStart(sequence.Generation.QueuedAt, length);
            sequence.Guard = sequence.Generation.Request.Grammar is { } constraint
                ? new AnswerGuard(Vocabulary.MatcherOf(constraint, sequence.Generation.Request.VisibleTokens))
                : null;
            sequence.Generation.Start();
        }
    }

    // The last token is always decoded: its logits are what comes next.
    private PrefixMatch? Find(RunningSequence sequence) =>
        _usesTree ? _tree.Find(sequence.Scope, sequence.Tokens[..^1]) : null;

    /// <summary>Whether another request is just reading what this one begins with: then that is not read twice.</summary>
    private bool MustFollow(RunningSequence sequence)
    {
        if (!_usesTree)
        {
            return false;
        }

        var tokens = sequence.Tokens[..^1];
        var known = -1;
        foreach (var leader in _running)
        {
            var most = sequence.Scope.ShareWith(leader.Scope, tokens.Length);
            if (most < LeastToFollow || leader.SharedEnd >= leader.Generation.PromptTokens || !leader.Adapters.Matches(sequence.Adapters))
            {
                continue;
            }

            var common = tokens[..most].CommonPrefixLength(leader.Generation.Prompt);
            known = known < 0 ? Find(sequence)?.Length ?? 0 : known;
            if (common < known + LeastToFollow)
            {
                continue;
            }

            if (leader.Decoded < common)
            {
                if (_tree.Kind != PrefixMemory.Any)
                {
                    leader.Checkpoint = leader.Checkpoint > leader.Decoded ? Math.Min(leader.Checkpoint, common) : common;
                }

                return true;
            }

            if (_tree.Kind != PrefixMemory.Checkpoints)
            {
                Publish(leader);
                known = -1;
            }
        }

        return false;
    }

    /// <summary>
    /// Sends a request back whose right to its place is less than this one's: of lower priority, or of a tenant that has more than its share while
    /// this one's tenant has less. False when there is none.
    /// </summary>
    private bool TryTakePlace(RunningSequence sequence, bool forCells)
    {
        RunningSequence? victim = null;
        foreach (var running in _running)
        {
            if (HasMoreRight(sequence, running, forCells) && (victim is null || GoesFirst(running, victim)))
            {
                victim = running;
            }
        }

        if (victim is null)
        {
            return false;
        }

        Preempt(victim);
        return true;
    }

    private bool HasMoreRight(RunningSequence sequence, RunningSequence running, bool forCells)
    {
        if (running.Priority != sequence.Priority)
        {
            return running.Priority < sequence.Priority;
        }

        if (running.Tenant == sequence.Tenant)
        {
            return false;
        }

        // With what changes hands neither may be on the other side of its share, or they would take it from each other by turns.
        var (mine, theirs) = (_queue.ShareOf(sequence.Tenant), _queue.ShareOf(running.Tenant));
        return forCells
            ? CellsOf(sequence.Tenant) + CellsFor(sequence, null) <= mine * _cellsTotal && CellsOf(running.Tenant) - running.Reserved >= theirs * _cellsTotal
            : sequence.Tenant.Running + 1 <= Math.Max(1, mine * _mostRunning) && running.Tenant.Running - 1 >= Math.Max(1, Math.Floor(theirs * _mostRunning));
    }

    private int CellsOf(Tenant tenant)
    {
        var cells = 0;
        foreach (var running in _running)
        {
            cells += running.Tenant == tenant ? Math.Max(running.Reserved, running.OwnCells) : 0;
        }

        return cells;
    }

    // The lowest priority, then those that have not begun to answer, then the newest.
    private static bool GoesFirst(RunningSequence sequence, RunningSequence other) =>
        sequence.Priority != other.Priority ? sequence.Priority < other.Priority
        : sequence.IsReading != other.IsReading ? sequence.IsReading
        : sequence.Order > other.Order;

    /// <summary>Sends a request back to the queue. What it has computed stays in the cache for as long as there is room.</summary>
    private void Preempt(RunningSequence sequence)
    {
        Volatile.Write(ref _preemptions, _preemptions + 1);
        GiveUpPlace(sequence, keeps: true);
        _queue.Enqueue(sequence);
    }

    /// <summary>Takes one part of the cache out of the context, where more of it waits there than is good; false where none has to go.</summary>
    private bool Trim() => _mayTrim && (_mayTrim = _tree.TryTrim(Math.Max(FewCells, _cellsTotal / ShareOfCache)));

    private void GiveUpPlace(RunningSequence sequence, bool keeps)
    {
        if (keeps)
        {
            Publish(sequence);
        }

        _running.Remove(sequence);
        sequence.Tenant.Running--;
        Clear(sequence);
        _guesses?.Forget(sequence);
        _freeIds.Push(sequence.Id);
        _tree.Tidy();
        _mayTrim = true;
        CountCells();
        Volatile.Write(ref _runningCount, _running.Count);
    }

    /// <summary>Puts what a request has computed into the tree.</summary>
    private void Publish(RunningSequence sequence)
    {
        if (!_usesTree || sequence.Decoded <= sequence.SharedEnd)
        {
            return;
        }

        var end = _tree.Publish(sequence.Scope, sequence.Tokens[..sequence.Decoded], sequence.Id, sequence.Shared, out var taken);
        if (end.Length > sequence.SharedEnd)
        {
            _tree.Pin(end.Node);
            if (sequence.Shared is { } before)
            {
                _tree.Unpin(before);
            }

            sequence.Share(end, taken);
        }
    }

    /// <summary>Forgets what the context has of a request.</summary>
    private void Clear(RunningSequence sequence)
    {
        _memory.Remove(sequence.Id);
        if (sequence.Shared is { } shared)
        {
            _tree.Unpin(shared);
        }

        sequence.StartOver();
        CountCells();
    }

    /// <summary>Frees cells until there are so many; false when all that is left is in use.</summary>
    private bool MakeRoom(int cells)
    {
        while (_cellsTotal - _tree.Cells - OwnCells() < cells)
        {
            if (!_tree.TryEvict())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Frees the cells that a step takes, with requests that have to wait if need be; false where the step is to be planned anew.</summary>
    private bool MakeRoomForStep(IReadOnlyList<RunningSequence> group)
    {
        var cells = 0;
        foreach (var sequence in group)
        {
            cells += sequence.Scheduled;
        }

        if (MakeRoom(cells) || _running.Count == 1)
        {
            return true;
        }

        var last = _running[0];
        foreach (var running in _running)
        {
            last = GoesLast(running, last) ? running : last;
        }

        Preempt(last);
        return false;
    }

    private static bool GoesLast(RunningSequence sequence, RunningSequence other) =>
        sequence.Priority != other.Priority ? sequence.Priority < other.Priority : sequence.Order > other.Order;

    private int OwnCells()
    {
        var cells = 0;
        foreach (var sequence in _running)
        {
            cells += sequence.OwnCells;
        }

        return cells;
    }

    private void CountCells()
    {
        Volatile.Write(ref _cellsUsed, OwnCells() + _tree.PinnedCells);
        Volatile.Write(ref _cellsCached, _tree.Cells - _tree.PinnedCells);
    }

    // What running requests have of their own, or were let in with.
    private int PromisedCells()
    {
        var cells = 0;
        foreach (var sequence in _running)
        {
            cells += Math.Max(sequence.OwnCells, sequence.Reserved);
        }

        return cells;
    }
}
