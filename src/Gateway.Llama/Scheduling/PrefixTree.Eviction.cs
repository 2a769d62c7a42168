using LLama.Native;

namespace Gateway.Llama.Scheduling;

/// <content>What has to go when cells, ids or the host's memory are short.</content>
internal sealed partial class PrefixTree
{
    // Fewer tokens are computed again as fast as they are fetched.
    private const int LeastToSave = 32;

    // Each is looked at when one has to go.
    private const int MostSaved = 1024;

    private readonly Dictionary<string, int> _cellsOfOwners = new(StringComparer.Ordinal);

    /// <summary>
    /// Takes a node out of the context: of the owner that has most there, so that nobody's use empties another's cache, the one not used for longest.
    /// It goes to the host's memory where there is room. False when all that is left is in use.
    /// </summary>
    public bool TryEvict() => TryEvict(usedBefore: long.MaxValue, savedOnly: false);

    /// <summary>
    /// Takes a node out where more than so many cells are not in use, but not what was used last. On a CPU each step looks at every cell that there is,
    /// if only to find that it is another's: what waits for a next time waits better in the host's memory, as far as there is room.
    /// </summary>
    public bool TryTrim(int cells) => Cells - PinnedCells > cells && TryEvict(usedBefore: _uses, savedOnly: true);

    private bool TryEvict(long usedBefore, bool savedOnly)
    {
        if (Victim(usedBefore) is not { } node)
        {
            return false;
        }

        var isSaved = TrySave(node);
        if (!isSaved && savedOnly && node.Tokens.Length >= LeastToSave)
        {
            return false;
        }

        memory.Remove(node.Id!.Value);
        freeIds.Push(node.Id.Value);
        Cells -= node.Tokens.Length;
        _resident.Remove(node);
        node.Id = null;
        if (!isSaved)
        {
            // What is below it is in the host's memory, and of no use without it.
            DropBelow(node);
            node.Parent!.Children.Remove(node);
        }

        return true;
    }

    /// <summary>An id that nobody has, taken from a node where need be.</summary>
    public bool TryTakeId(out LLamaSeqId id) => freeIds.TryPop(out id) || (TryEvict() && freeIds.TryPop(out id));

    private PrefixNode? Victim(long usedBefore)
    {
        _cellsOfOwners.Clear();
        foreach (var node in _resident)
        {
            if (node.Owner is { } owner)
            {
                _cellsOfOwners[owner] = _cellsOfOwners.GetValueOrDefault(owner) + node.Tokens.Length;
            }
        }

        PrefixNode? victim = null;
        foreach (var node in _resident)
        {
            if (node.Pins == 0 && node.LastUsed < usedBefore && !node.Children.Exists(static child => child.IsResident) && (victim is null || GoesBefore(node, victim)))
            {
                victim = node;
            }
        }

        return victim;
    }

    private bool GoesBefore(PrefixNode node, PrefixNode other)
    {
        var (cells, others) = (CellsOfOwner(node), CellsOfOwner(other));
        return cells != others ? cells > others : node.LastUsed < other.LastUsed;
    }

    // What is everybody's goes last: each of them would have to read it again.
    private int CellsOfOwner(PrefixNode node) => node.Owner is { } owner ? _cellsOfOwners[owner] : 0;

    private bool TrySave(PrefixNode node)
    {
        // Without it those below it, which are there already, would be of no use.
        if ((node.Tokens.Length < LeastToSave && node.Children.Count == 0) || hostBytes == 0)
        {
            return false;
        }

        var size = memory.SizeOf(node.Id!.Value);
        if (size > hostBytes || !MakeHostRoom(size))
        {
            return false;
        }

        // libllama saves of layers with a window what is in it at the end.
        node.FirstSaved = Math.Max(memory.FirstPosition(node.Id.Value), node.End - window);
        node.State = memory.Save(node.Id.Value);
        if (node.State is null)
        {
            return false;
        }

        HostBytes += node.State.Length;
        Spills++;
        _saved.Add(node);
        return true;
    }

    private bool MakeHostRoom(long bytes)
    {
        while (HostBytes + bytes > hostBytes || _saved.Count >= MostSaved)
        {
            PrefixNode? oldest = null;
            foreach (var node in _saved)
            {
                if (node.Children.Count == 0 && node.Pins == 0 && (oldest is null || node.LastUsed < oldest.LastUsed))
                {
                    oldest = node;
                }
            }

            if (oldest is null)
            {
                return false;
            }

            DropSaved(oldest);
        }

        return true;
    }

    private bool TryRestore(PrefixNode node)
    {
        if (!TryTakeId(out var id))
        {
            return false;
        }

        if (!memory.TryRestore(id, node.State!))
        {
            freeIds.Push(id);
            return false;
        }

        HostBytes -= node.State!.Length;
        node.State = null;
        node.Id = id;
        _saved.Remove(node);
        _resident.Add(node);
        Cells += node.Tokens.Length;
        PinnedCells += node.Pins > 0 ? node.Tokens.Length : 0;
        Restores++;
        return true;
    }

    /// <summary>Drops the part of a path that is in the host's memory; returns what of the match is left.</summary>
    private PrefixMatch GiveUpSaved(PrefixMatch match)
    {
        var node = match.Node;
        while (!node.Parent!.IsResident)
        {
            node = node.Parent;
        }

        DropBelow(node);
        DropSaved(node);
        return new(node.Parent, node.Start);
    }

    private void DropBelow(PrefixNode node)
    {
        while (node.Children.Count > 0)
        {
            var child = node.Children[^1];
            DropBelow(child);
            if (child.Id is { } id)
            {
                memory.Remove(id);
                freeIds.Push(id);
                Cells -= child.Tokens.Length;
                PinnedCells -= child.Pins > 0 ? child.Tokens.Length : 0;
                _resident.Remove(child);
                node.Children.Remove(child);
            }
            else
            {
                DropSaved(child);
            }
        }
    }

    private void DropSaved(PrefixNode node)
    {
        HostBytes -= node.State!.Length;
        node.State = null;
        _saved.Remove(node);
        node.Parent!.Children.Remove(node);
    }
}
