using Gateway.Llama.Loading;
using LLama.Native;

namespace Gateway.Llama.Scheduling;

/// <content>
/// LoRA adapters. They are loaded and unloaded between decodes, on the scheduler's thread: libllama keeps its list of them without a lock, and
/// reads it while it decodes.
/// </content>
internal sealed partial class LlamaScheduler
{
    private readonly SafeLlamaModelHandle _model;
    private readonly MemoryBudget.Lease _lease;
    private readonly AdapterTurns _turns = new();

    // Guarded by the intake's lock, as are the counts of references.
    private readonly Queue<(string Path, long Size, TaskCompletionSource<LlamaAdapter> Loading)> _adapterRequests = new();
    private bool _adapterUnused;

    // Only the scheduler's thread touches these.
    private readonly Dictionary<string, LoadedAdapter> _adapters = new(StringComparer.Ordinal);
    private AdapterSet _applied = AdapterSet.None;
    private AdapterSet _governed = AdapterSet.None;

    /// <summary>Adapters in memory, as far as the scheduler's thread has got.</summary>
    internal int AdapterCount => _adapters.Count;

    /// <summary>Loads an adapter, or takes another reference to it where it is loaded.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="size">Bytes of its weights.</param>
    /// <exception cref="LlamaLoadException">It cannot be loaded onto this model, or there is no memory for it.</exception>
    /// <exception cref="ObjectDisposedException">The scheduler is being stopped.</exception>
    public Task<LlamaAdapter> LoadAdapterAsync(string path, long size)
    {
        var loading = new TaskCompletionSource<LlamaAdapter>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_intake)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(LlamaEngine));
            _adapterRequests.Enqueue((path, size, loading));
            _wake.Set();
        }

        return loading.Task;
    }

    /// <summary>An owner lets go of an adapter.</summary>
    public void Release(LlamaAdapter adapter)
    {
        lock (_intake)
        {
            if (!adapter.IsDisposed && !_closed)
            {
                LetGo(adapter.Loaded);
                _wake.Set();
            }

            adapter.IsDisposed = true;
        }
    }

    private static void ThrowIfAnyDisposed(IReadOnlyList<Generation> generations)
    {
        foreach (var generation in generations)
        {
            foreach (var applied in generation.Request.Adapters)
            {
                ObjectDisposedException.ThrowIf(applied.Adapter.IsDisposed, typeof(LlamaAdapter));
            }
        }
    }

    // What runs keeps its adapters loaded, whatever their owner does.
    private static void Hold(Generation generation)
    {
        foreach (var adapter in generation.Adapters.Adapters)
        {
            adapter.References++;
        }
    }

    private void LetGo(Generation generation)
    {
        foreach (var adapter in generation.Adapters.Adapters)
        {
            LetGo(adapter);
        }
    }

    private void LetGo(LoadedAdapter adapter) => _adapterUnused |= --adapter.References == 0;

    private void Apply(AdapterSet adapters)
    {
        if (!adapters.Matches(_applied))
        {
            _context.SetLoraAdapters(adapters.Native);
            _applied = adapters;
        }
    }

    private void ServeAdapters()
    {
        if (Volatile.Read(ref _adapterUnused))
        {
            UnloadUnused();
        }

        while (TakeAdapterRequest(out var path, out var size, out var loading))
        {
            try
            {
                loading.SetResult(LoadAdapter(path, size));
            }
#pragma warning disable CA1031 // Whatever went wrong, who waits for it must hear of it.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                loading.SetException(exception);
            }
        }
    }

    private bool TakeAdapterRequest(out string path, out long size, out TaskCompletionSource<LlamaAdapter> loading)
    {
        lock (_intake)
        {
            var taken = _adapterRequests.TryDequeue(out var request);
            (path, size, loading) = request;
            return taken;
        }
    }

    private LlamaAdapter LoadAdapter(string path, long size)
    {
        if (!_adapters.TryGetValue(Path.GetFullPath(path), out var adapter))
        {
            _lease.Add(size, path);
            try
            {
                adapter = new LoadedAdapter(AdapterLoader.Load(_model, path), size);
            }
            catch
            {
                _lease.GiveBack(size);
                throw;
            }

            _adapters.Add(adapter.Path, adapter);
        }

        lock (_intake)
        {
            adapter.References++;
        }

        return new LlamaAdapter(this, adapter);
    }

    private void UnloadUnused()
    {
        LoadedAdapter[] unused;
        lock (_intake)
        {
            _adapterUnused = false;
            unused = [.. _adapters.Values.Where(a => a.References == 0)];
        }

        foreach (var adapter in unused)
        {
            // Not left applied: another one may get its address, and libllama would take that for the one it has a graph of.
            if (_applied.Adapters.Contains(adapter))
            {
                Apply(AdapterSet.None);
            }

            _tree.Forget(set => set.Adapters.Contains(adapter));
            _adapters.Remove(adapter.Path);
            adapter.Native.Unload();
            _lease.GiveBack(adapter.Size);
        }

        HeapTrim.Run();
    }

    // The context is gone by now, and the model is not yet.
    private void UnloadAdapters()
    {
        while (TakeAdapterRequest(out _, out _, out var loading))
        {
            loading.SetException(new ObjectDisposedException(nameof(LlamaEngine)));
        }

        foreach (var adapter in _adapters.Values)
        {
            adapter.Native.Unload();
        }
    }
}
