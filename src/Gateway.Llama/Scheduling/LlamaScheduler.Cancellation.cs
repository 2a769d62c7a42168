using LLama.Native;

namespace Gateway.Llama.Scheduling;

/// <content>
/// Who leaves is looked for before each step. A step in which all have left meanwhile is broken off: of a long prompt it may take a while on a slow
/// machine, and nobody has anything of it.
/// </content>
internal sealed partial class LlamaScheduler
{
    private readonly Lock _stepping = new();

    // Those with a part in the decode in progress; null between decodes.
    private IReadOnlyList<RunningSequence>? _inStep;
    private bool _brokenOff;

    private DecodeResult DecodeUnlessAllLeave(IReadOnlyList<RunningSequence> group)
    {
        lock (_stepping)
        {
            _inStep = group;
            BreakOffIfAllLeft();
        }

        var result = _context.Decode(_batch);
        lock (_stepping)
        {
            _inStep = null;
            if (_brokenOff && result == DecodeResult.Ok)
            {
                // It was through before it heard of it; the next one is not meant.
                _abort.CountDown();
                _brokenOff = false;
            }
        }

        return result;
    }

    // On any thread.
    private void OnCancelled()
    {
        lock (_stepping)
        {
            BreakOffIfAllLeft();
        }
    }

    private void BreakOffIfAllLeft()
    {
        // With recurrent layers a decode that is broken off costs all others what they have computed.
        if (_inStep is { } group && !_brokenOff && _tree.Kind != PrefixMemory.Checkpoints && group.All(static s => s.IsCancelled))
        {
            _brokenOff = true;
            _abort.Set();
        }
    }
}
