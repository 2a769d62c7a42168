using Gateway.Llama.Loading;

namespace Gateway.Engine;

/// <content>What an administrator may look at and do. A deployment goes by the newest configuration that names it.</content>
internal sealed partial class EngineHost
{
    /// <summary>The models of all deployments, in the order in which these asked for them.</summary>
    public IReadOnlyList<HostedModel> List()
    {
        lock (_lock)
        {
            return [.. _engines.Values.Select(e => new HostedModel(
                [.. e.Handles.Select(h => h.Deployment).Distinct(StringComparer.Ordinal)],
                e.Options.ModelPath,
                e.State,
                e.Progress,
                e.IsPinned,
                e.Need,
                e.Memory?.Taken ?? 0,
                e.Leases,
                e.Waiting.Count,
                e.State == LoadState.Ready ? _time.GetElapsedTime(e.UsedAt) : null))];
        }
    }

    /// <summary>Loads the model of a deployment, for which others may have to go; false when there is no such deployment.</summary>
    /// <exception cref="Llama.LlamaLoadException">It cannot be loaded.</exception>
    public async Task<bool> LoadAsync(string deployment, CancellationToken cancellationToken)
    {
        if (Find(deployment) is not { } handle)
        {
            return false;
        }

        Room.EndPause(handle.Hosted);
        await handle.LoadAsync().WaitAsync(cancellationToken);
        return true;
    }

    /// <summary>Unloads the model of a deployment, once the requests that use it have ended; the next request loads it again.</summary>
    public async Task<UnloadResult> UnloadAsync(string deployment, CancellationToken cancellationToken)
    {
        if (Find(deployment) is not { } handle)
        {
            return UnloadResult.NotFound;
        }

        if (handle.Hosted.IsPinned)
        {
            return UnloadResult.Pinned;
        }

        await Room.UnloadAsync(handle.Hosted).WaitAsync(cancellationToken);
        return UnloadResult.Done;
    }

    /// <summary>Pins the model of a deployment, or takes the pin away, until the gateway ends or no configuration names the model; false when there is no such deployment.</summary>
    public bool Pin(string deployment, bool isPinned)
    {
        if (Find(deployment) is not { } handle)
        {
            return false;
        }

        handle.Hosted.PinnedByHand = isPinned;
        Room.Update();
        return true;
    }

    private EngineHandle? Find(string deployment) => Handles.LastOrDefault(h => string.Equals(h.Deployment, deployment, StringComparison.Ordinal));
}

/// <summary>How an unloading ended.</summary>
internal enum UnloadResult
{
    Done,
    NotFound,

    /// <summary>It is pinned: the pin goes first.</summary>
    Pinned,
}

/// <summary>A model of this process.</summary>
/// <param name="Deployments">Deployments that share it.</param>
/// <param name="Path">Its file.</param>
/// <param name="State">How far it is.</param>
/// <param name="Progress">Share of the weights that is read, 0 to 1.</param>
/// <param name="IsPinned">Whether it never goes.</param>
/// <param name="Need">What it takes of memory; null before it was looked at.</param>
/// <param name="Bytes">What it holds of the budget.</param>
/// <param name="Requests">Requests that use it now.</param>
/// <param name="Waiting">Requests that wait for it to be there.</param>
/// <param name="IdleFor">Time since its last use; null while it is not loaded.</param>
internal sealed record HostedModel(
    IReadOnlyList<string> Deployments,
    string Path,
    LoadState State,
    float Progress,
    bool IsPinned,
    MemoryEstimate? Need,
    long Bytes,
    int Requests,
    int Waiting,
    TimeSpan? IdleFor);
