using System.Globalization;
using StackExchange.Redis;

namespace Gateway.Quotas.Redis;

/// <summary>What a node tells and asks Redis in one round trip; see <c>quota.lua</c>.</summary>
internal sealed class RedisCall(bool isBeat)
{
    private static readonly RedisValue Nothing = "";

    private readonly List<RedisCounter> _counters = [];
    private readonly List<long> _heldUntil = [];
    private readonly List<RedisDelta> _deltas = [];
    private readonly List<string> _forgotten = [];
    private readonly List<PendingReservation> _reservations = [];

    /// <summary>Whether the node says that it is alive, and asks who else is.</summary>
    public bool IsBeat { get; } = isBeat;

    /// <summary>Whether the node has told all that it knows.</summary>
    public bool IsReady { get; set; }

    public IReadOnlyList<RedisCounter> Counters => _counters;

    public IReadOnlyList<PendingReservation> Reservations => _reservations;

    /// <summary>Those who wait until all is told that was to be told.</summary>
    public List<TaskCompletionSource> Drains { get; } = [];

    public int Deltas => _deltas.Count + _forgotten.Count;

    public bool IsEmpty => !IsBeat && _counters.Count == 0 && _forgotten.Count == 0;

    /// <summary>Until when the node's share of a limit is held, after this call; 0 where it says nothing of that.</summary>
    public long HeldUntil(int counter) => _heldUntil[counter];

    public int Add(RedisCounter counter)
    {
        if (counter.CallIndex < 0)
        {
            counter.CallIndex = _counters.Count;
            _counters.Add(counter);
            _heldUntil.Add(0);
        }

        return counter.CallIndex;
    }

    public void Add(RedisDelta delta)
    {
        Add(delta.Counter);
        _deltas.Add(delta);
    }

    public void Add(PendingReservation reservation, long heldUntil)
    {
        foreach (var counter in reservation.Counters)
        {
            var index = Add(counter);
            if (counter.IsReclaimed)
            {
                // What holds for longer was told before, and stays.
                _heldUntil[index] = Math.Max(Math.Max(_heldUntil[index], heldUntil), counter.Current?.ToldUntil ?? 0);
            }
        }

        _reservations.Add(reservation);
    }

    public void Forget(string field) => _forgotten.Add(field);

    /// <summary>To be called when all is added: counters may be in another call then.</summary>
    public void Close()
    {
        // Indices stay known by their order.
        foreach (var counter in _counters)
        {
            counter.CallIndex = -1;
        }
    }

    public RedisKey[] Keys(RedisOptions options, string node) =>
        [options.Meta, options.NodeList, options.CountsOf(node), .. _counters.Select(c => (RedisKey)c.RedisKey)];

    /// <summary>The arguments of the script. Before <see cref="Close"/>.</summary>
    public List<RedisValue> Arguments(string node, string generation, long epoch, RedisClock clock)
    {
        var witness = clock.Witness();
        var arguments = new List<RedisValue>(16 + (_counters.Count * 7) + (_deltas.Count * 6) + (_reservations.Count * 12))
        {
            node, generation, epoch, witness?.Low ?? Nothing, witness?.High ?? Nothing, IsBeat ? 1 : 0, IsReady ? 1 : 0, _counters.Count,
        };
        for (var i = 0; i < _counters.Count; i++)
        {
            AddLimit(arguments, _counters[i], _heldUntil[i], clock);
        }

        arguments.Add(_deltas.Count);
        foreach (var delta in _deltas)
        {
            arguments.Add(delta.Counter.CallIndex + 1);
            arguments.Add(delta.Bucket);
            arguments.Add(delta.Taken);
            arguments.Add(delta.Used);
            arguments.Add(delta.Known);
            arguments.Add(delta.HeldUntil > 0 ? delta.HeldUntil : Nothing);
        }

        arguments.Add(_forgotten.Count);
        arguments.AddRange(_forgotten.Select(f => (RedisValue)f));
        arguments.Add(_reservations.Count);
        foreach (var reservation in _reservations)
        {
            arguments.Add(reservation.Counters.Length);
            for (var c = 0; c < reservation.Counters.Length; c++)
            {
                var (held, bucket) = reservation.Held[c];
                arguments.Add(reservation.Counters[c].CallIndex + 1);
                arguments.Add(reservation.Lease.Charges[c].Reserved);
                arguments.Add(bucket is null ? Nothing : bucket.Id);
                arguments.Add(reservation.Lease.Charges[c].Reserved - held);
                arguments.Add(reservation.More[c]);
            }
        }

        return arguments;
    }

    /// <summary>The field of a node's own counts.</summary>
    public static string FieldOf(RedisCounter counter, long bucket) => string.Create(CultureInfo.InvariantCulture, $"{bucket} {counter.RedisKey}");

    private static void AddLimit(List<RedisValue> arguments, RedisCounter counter, long heldUntil, RedisClock clock)
    {
        if (counter.IsSliding)
        {
            arguments.AddRange(["s", counter.BucketLength, counter.WindowLength, 0, 0]);
        }
        else if (counter.IsCalendar)
        {
            var (before, start, end, after) = counter.WindowsAt(clock.Wall());
            arguments.AddRange(["c", before, start, end, after]);
        }
        else
        {
            arguments.AddRange(["n", 0, 0, 0, 0]);
        }

        arguments.Add(counter.IsBalance ? Nothing : counter.Limit.Amount);
        arguments.Add(heldUntil > 0 ? heldUntil : Nothing);
    }
}

/// <summary>What a node's share of a bucket changes by.</summary>
/// <param name="Counter">The limit.</param>
/// <param name="Bucket">The bucket.</param>
/// <param name="Taken">Of what is taken.</param>
/// <param name="Used">Of what is used of it.</param>
/// <param name="Known">What of it the ledger knows too, where Redis lost what it had.</param>
/// <param name="HeldUntil">Until when it is held; 0 to leave that.</param>
internal readonly record struct RedisDelta(RedisCounter Counter, long Bucket, long Taken, long Used, long Known, long HeldUntil);

/// <summary>An answer of <c>quota.lua</c>, read from its beginning on.</summary>
internal sealed class RedisReply(RedisResult[] values)
{
    private int _next;

    public bool IsAtEnd => _next >= values.Length;

    /// <exception cref="FormatException">It is no text.</exception>
    public string Text() => (string?)values[_next++] ?? throw new FormatException("a text was expected");

    /// <exception cref="FormatException">It is no number.</exception>
    public long Number() => long.Parse(Text(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
