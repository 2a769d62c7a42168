using System.Globalization;

namespace Gateway.Llama.Loading;

/// <summary>
/// The memory that models may take together. The system hands out memory that it does not have, and ends the process when it is used: a model
/// that does not fit beside those that are there is refused before anything of it is loaded.
/// </summary>
/// <param name="available">Bytes that models may use.</param>
public sealed class MemoryBudget(Func<long> available)
{
    private readonly Lock _lock = new();
    private long _promised;

    /// <summary>Of engines whose owner keeps none: the machine's memory, or what the container of this process may use.</summary>
    public static MemoryBudget OfProcess { get; } = new(() => OfMachine);

    /// <summary>The machine's memory, or what the container of this process may use, in bytes.</summary>
    public static long OfMachine => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Bytes that models may take together.</summary>
    public long Limit => available();

    /// <summary>Bytes that they hold.</summary>
    public long Taken => Interlocked.Read(ref _promised);

    /// <summary>Room for a model that is about to be loaded, until it is disposed.</summary>
    public Lease Begin() => new(this);

    /// <summary>Why a model does not fit.</summary>
    /// <param name="need">What it takes.</param>
    /// <param name="path">Its file.</param>
    /// <param name="others">What others hold that will not go, in bytes.</param>
    /// <param name="whose">Who they are, to be read after "of which".</param>
    public LlamaLoadException DoesNotFit(MemoryEstimate need, string path, long others, string whose)
    {
        ArgumentNullException.ThrowIfNull(need);
        var most = available();
        var rest = others > 0 ? $", of which {whose} hold {Megabytes(others)} MB" : "";
        var remedy = need.Total <= most ? "Serve fewer models at a time, or lower CacheCells or ContextLength"
            : need.Weights > most ? "Take a smaller model, or one in fewer bits"
            : "Lower CacheCells or ContextLength";
        return new LlamaLoadException(
            path,
            string.Create(
                CultureInfo.InvariantCulture,
                $"it takes about {Megabytes(need.Total)} MB of memory ({Megabytes(need.Weights)} MB of weights, {Megabytes(need.Cache)} MB for {need.Cells} KV cells, {Megabytes(need.Compute)} MB to compute, {Megabytes(need.Outputs)} MB for what it puts out), and this process may use {Megabytes(most)} MB{rest}"),
            remedy);
    }

    private bool TryTake(MemoryEstimate need, long held)
    {
        lock (_lock)
        {
            var most = available();
            if (need.Total > most || need.Used - held > most - _promised)
            {
                return false;
            }

            _promised += need.Used - held;
            return true;
        }
    }

    private void GiveBack(long bytes)
    {
        lock (_lock)
        {
            _promised -= bytes;
        }
    }

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString(bytes is > 0 and < 10_000_000 ? "N1" : "N0", CultureInfo.InvariantCulture);

    /// <summary>What one model holds.</summary>
    public sealed class Lease : IDisposable
    {
        private readonly MemoryBudget _budget;
        private readonly Lock _lock = new();
        private long _taken;

        internal Lease(MemoryBudget budget) => _budget = budget;

        /// <summary>Bytes held.</summary>
        public long Taken => Interlocked.Read(ref _taken);

        /// <summary>Takes what a model needs, in the place of what the lease held; false, and nothing changes, when that does not fit beside the others.</summary>
        public bool TryTake(MemoryEstimate need)
        {
            ArgumentNullException.ThrowIfNull(need);
            lock (_lock)
            {
                if (!_budget.TryTake(need, _taken))
                {
                    return false;
                }

                _taken = need.Used;
                return true;
            }
        }

        /// <summary>As <see cref="TryTake"/>.</summary>
        /// <exception cref="LlamaLoadException">The model does not fit beside the others.</exception>
        public void Take(MemoryEstimate need, string path)
        {
            if (!TryTake(need))
            {
                throw _budget.DoesNotFit(need, path, _budget.Taken - Taken, "the models that are loaded");
            }
        }

        /// <summary>Gives it back.</summary>
        public void Dispose()
        {
            lock (_lock)
            {
                _budget.GiveBack(_taken);
                _taken = 0;
            }
        }
    }
}
