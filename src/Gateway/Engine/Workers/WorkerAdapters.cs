using Gateway.Llama;

namespace Gateway.Engine.Workers;

/// <summary>A worker's model, as it is and with each set of adapters that it was asked for.</summary>
internal sealed class WorkerAdapters(InProcessEngine plain)
{
    private readonly Lock _lock = new();
    private readonly List<(IReadOnlyList<AdapterFile> Files, Task<LoadedEngine> Loading)> _sets = [];

    public InProcessEngine Plain => plain;

    /// <summary>Whether adapters are being loaded.</summary>
    public bool IsLoading
    {
        get
        {
            lock (_lock)
            {
                return _sets.Exists(s => !s.Loading.IsCompleted);
            }
        }
    }

    /// <summary>The model with these adapters, which are loaded once.</summary>
    /// <exception cref="LlamaLoadException">One of them cannot be loaded.</exception>
    public async ValueTask<InProcessEngine> FindAsync(IReadOnlyList<AdapterFile> files)
    {
        if (files.Count == 0)
        {
            return plain;
        }

        Task<LoadedEngine> loading;
        lock (_lock)
        {
            var at = IndexOf(files);
            if (at >= 0 && _sets[at].Loading.IsFaulted)
            {
                // The file may be mended by now.
                _sets.RemoveAt(at);
                at = -1;
            }

            if (at < 0)
            {
                at = _sets.Count;
                _sets.Add((files, Task.Run(() => plain.WithAdaptersAsync(files))));
            }

            loading = _sets[at].Loading;
        }

        return (InProcessEngine)await loading;
    }

    /// <summary>Gives adapters back that no deployment answers with any more.</summary>
    public async Task FreeAsync(IReadOnlyList<AdapterFile> files)
    {
        Task<LoadedEngine> loading;
        lock (_lock)
        {
            if (IndexOf(files) is not (>= 0 and var at))
            {
                return;
            }

            loading = _sets[at].Loading;
            _sets.RemoveAt(at);
        }

        await (await loading).ReleaseAdaptersAsync();
    }

    private int IndexOf(IReadOnlyList<AdapterFile> files) => _sets.FindIndex(s => s.Files.SequenceEqual(files));
}
