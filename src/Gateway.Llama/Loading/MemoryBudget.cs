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

    /// <summary>
    /// Whether a model fits where it is alone. What is set aside and never touched need not be there; but more of it than the machine has the system may not
    /// hand out.
    /// </summary>
    /// <param name="need">What it takes.</param>
    public bool Fits(MemoryEstimate need)
    {
        ArgumentNullException.ThrowIfNull(need);
        return need.Used <= Limit && need.Total <= Math.Max(Limit, OfMachine);
    }

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
        var smaller = need.HostCache > most / 10 ? "CacheCells, ContextLength or HostCacheBytes" : "CacheCells or ContextLength";
        var remedy = Fits(need) ? $"Serve fewer models at a time, or lower {smaller}"
            : need.Weights > most ? "Take a smaller model, or one in fewer bits"
            : $"Lower {smaller}";
        var kept = need.HostCache > 0 ? $", {Megabytes(need.HostCache)} MB for what leaves them" : "";
        var beside = (need.Beside > 0 ? $", {Megabytes(need.Beside)} MB for the model that is loaded beside it" : "")
            + (need.Adapters > 0 ? $", {Megabytes(need.Adapters)} MB of adapters" : "");
        return new LlamaLoadException(
            path,
            string.Create(
                CultureInfo.InvariantCulture,
                $"it takes about {Megabytes(need.Total)} MB of memory ({Megabytes(need.Weights)} MB of weights, {Megabytes(need.Cache)} MB for {need.Cells} KV cells{kept}, {Megabytes(need.Compute)} MB to compute, {Megabytes(need.Outputs)} MB for what it puts out{beside}), and this process may use {Megabytes(most)} MB{rest}"),
            remedy);
    }

    private bool TryTake(long bytes)
    {
        lock (_lock)
        {
            if (bytes > available() - _promised)
            {
                return false;
            }

            _promised += bytes;
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

    /// <summary>What one model holds, with its adapters.</summary>
    public sealed class Lease : IDisposable
    {
        private readonly MemoryBudget _budget;
        private readonly Lock _lock = new();
        private long _taken;

        // Of what was taken, all but what is kept for adapters that are still to come.
        private long _used;

        internal Lease(MemoryBudget budget) => _budget = budget;

        /// <summary>Bytes held.</summary>
        public long Taken => Interlocked.Read(ref _taken);

        /// <summary>
        /// Takes what a model needs; false, and nothing changes, when that does not fit beside the others. What the lease held is part of it; where it held more,
        /// the rest is there for adapters (<see cref="TryAdd"/>).
        /// </summary>
        public bool TryTake(MemoryEstimate need)
        {
            ArgumentNullException.ThrowIfNull(need);
            lock (_lock)
            {
                return _budget.Fits(need) && TryUse(need.Used - need.Adapters, need.Used);
            }
        }

        /// <summary>Takes what an adapter needs; false, and nothing changes, when that does not fit beside the others.</summary>
        /// <param name="bytes">How much it takes.</param>
        public bool TryAdd(long bytes)
        {
            lock (_lock)
            {
                return TryUse(_used + bytes, _used + bytes);
            }
        }

        /// <summary>As <see cref="TryAdd"/>, of an adapter's file.</summary>
        /// <exception cref="LlamaLoadException">The adapter does not fit beside what is loaded.</exception>
        public void Add(long bytes, string path)
        {
            if (!TryAdd(bytes))
            {
                throw LlamaLoadException.ForAdapter(
                    path,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"it takes {Megabytes(bytes)} MB of memory, and of the {Megabytes(_budget.Limit)} MB that this process may use for models {Megabytes(_budget.Taken)} MB are taken"),
                    "Serve fewer models or adapters at a time");
            }
        }

        /// <summary>Gives back what <see cref="TryAdd"/> took.</summary>
        public void GiveBack(long bytes)
        {
            lock (_lock)
            {
                // Nothing is left once the model has gone.
                bytes = Math.Min(bytes, _used);
                _used -= bytes;
                _taken -= bytes;
                _budget.GiveBack(bytes);
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
                (_taken, _used) = (0, 0);
            }
        }

        private bool TryUse(long used, long total)
        {
            var missing = total - _taken;
            if (missing > 0 && !_budget.TryTake(missing))
            {
                return false;
            }

            _taken += Math.Max(0, missing);
            _used = used;
            return true;
        }
    }
}
