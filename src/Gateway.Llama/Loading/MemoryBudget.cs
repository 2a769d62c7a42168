using System.Globalization;

namespace Gateway.Llama.Loading;

/// <summary>
/// The memory that models may take together. The system hands out memory that it does not have, and ends the process when it is used: a model
/// that does not fit beside those that are there is refused before anything of it is loaded.
/// </summary>
/// <param name="available">Bytes that this process may use.</param>
internal sealed class MemoryBudget(Func<long> available)
{
    private readonly Lock _lock = new();
    private long _promised;

    /// <summary>The one of this process: the machine's memory, or what its container may use.</summary>
    public static MemoryBudget OfProcess { get; } = new(() => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

    /// <summary>Room for a model that is about to be loaded, until it is disposed.</summary>
    public Lease Begin() => new(this);

    private void Take(MemoryEstimate need, string path)
    {
        lock (_lock)
        {
            var most = available();
            if (need.Total > most || need.Used > most - _promised)
            {
                throw DoesNotFit(need, path, most);
            }

            _promised += need.Used;
        }
    }

    private LlamaLoadException DoesNotFit(MemoryEstimate need, string path, long most)
    {
        var others = _promised > 0 ? $", of which the models that are loaded hold {Megabytes(_promised)} MB" : "";
        var remedy = need.Total <= most ? "Serve fewer models at a time, or lower CacheCells or ContextLength"
            : need.Weights > most ? "Take a smaller model, or one in fewer bits"
            : "Lower CacheCells or ContextLength";
        return new LlamaLoadException(
            path,
            string.Create(
                CultureInfo.InvariantCulture,
                $"it takes about {Megabytes(need.Total)} MB of memory ({Megabytes(need.Weights)} MB of weights, {Megabytes(need.Cache)} MB for {need.Cells} KV cells, {Megabytes(need.Compute)} MB to compute, {Megabytes(need.Outputs)} MB for what it puts out), and this process may use {Megabytes(most)} MB{others}"),
            remedy);
    }

    private void GiveBack(long bytes)
    {
        lock (_lock)
        {
            _promised -= bytes;
        }
    }

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>What one model holds.</summary>
    internal sealed class Lease(MemoryBudget budget) : IDisposable
    {
        private long _taken;

        /// <exception cref="LlamaLoadException">The model does not fit beside the others.</exception>
        public void Take(MemoryEstimate need, string path)
        {
            budget.Take(need, path);
            _taken += need.Used;
        }

        public void Dispose()
        {
            budget.GiveBack(_taken);
            _taken = 0;
        }
    }
}
