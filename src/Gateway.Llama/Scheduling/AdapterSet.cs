using LLama.Native;

namespace Gateway.Llama.Scheduling;

/// <summary>An adapter in the model's memory.</summary>
internal sealed class LoadedAdapter(LoraAdapter native, long size)
{
    public LoraAdapter Native { get; } = native;

    /// <summary>The full path of its file.</summary>
    public string Path => Native.Path;

    /// <summary>Bytes of its weights.</summary>
    public long Size => size;

    /// <summary>Owners, and generations that have it. Guarded by the scheduler's lock; at 0 the scheduler unloads it.</summary>
    public int References { get; set; }
}

/// <summary>
/// The adapters that an answer is made with. libllama applies adapters to a whole context, so one decode holds only sequences of equal sets.
/// </summary>
internal sealed class AdapterSet
{
    public static readonly AdapterSet None = new([]);

    private readonly (LoraAdapter Adapter, float Scale)[] _native;

    private AdapterSet((LoadedAdapter Adapter, float Scale)[] adapters)
    {
        Adapters = [.. adapters.Select(a => a.Adapter)];
        _native = [.. adapters.Select(a => (a.Adapter.Native, a.Scale))];
    }

    public IReadOnlyList<LoadedAdapter> Adapters { get; }

    public Span<(LoraAdapter Adapter, float Scale)> Native => _native;

    public static AdapterSet Of(IReadOnlyList<AppliedAdapter> adapters)
    {
        // libllama leaves out those that add nothing.
        var applied = adapters.Where(a => a.Scale != 0).Select(a => (a.Adapter.Loaded, a.Scale)).ToArray();
        return applied.Length == 0 ? None : new AdapterSet(applied);
    }

    /// <summary>Whether both compute the same, whatever the order of their adapters.</summary>
    public bool Matches(AdapterSet other)
    {
        if (this == other)
        {
            return true;
        }

        if (_native.Length != other._native.Length)
        {
            return false;
        }

        foreach (var adapter in _native)
        {
            if (Array.IndexOf(other._native, adapter) < 0)
            {
                return false;
            }
        }

        return true;
    }
}
