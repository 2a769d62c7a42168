using System.Collections.Concurrent;
using Gateway.Configuration;

namespace Gateway.Quotas;

/// <summary>What currencies are worth in others: a dated table of the configuration. Nothing is fetched.</summary>
internal sealed class ExchangeRates(IReadOnlyList<ExchangeRateConfig> table)
{
    /// <summary>More than any limit of money or balance, which are below 10^18 billionths: what can come to as much never fits.</summary>
    public const long MoreThanAny = 1L << 60;

    // What was used counts in full, whatever the currency is worth, but hundreds of lies of an upstream must still add up in 64 bits.
    private const long MostUsed = 1L << 55;

    // A day's rates are asked for by every request.
    private readonly ConcurrentDictionary<(string From, string To, DateOnly Day), decimal?> _known = new();

    /// <summary>
    /// How many units of one currency a unit of another is worth on a day: by the newest rate of the two that is not later, in whichever direction it is written, or, where
    /// there is none, by way of a third currency if there is just one that leads there. Null when nothing does.
    /// </summary>
    public decimal? Find(string from, string to, DateOnly day)
    {
        if (string.Equals(from, to, StringComparison.Ordinal))
        {
            return 1;
        }

        // A few days are in use at a time; what counts days of a year ends with the snapshot.
        return _known.GetOrAdd((from, to, day), static (key, rates) => rates.Direct(key.From, key.To, key.Day) ?? rates.ByThird(key.From, key.To, key.Day), this);
    }

    /// <summary>An amount in another currency, in billionths; halves go to the even side, as the ledger rounds costs.</summary>
    public static long Convert(long nano, decimal rate) => (long)Math.Min(decimal.Round(nano * rate), MostUsed);

    /// <summary>An amount in another currency, in billionths, rounded up: for what is reserved.</summary>
    public static long ConvertUp(long nano, decimal rate) => (long)Math.Min(decimal.Ceiling(nano * rate), MoreThanAny);

    private decimal? Direct(string from, string to, DateOnly day)
    {
        ExchangeRateConfig? newest = null;
        foreach (var rate in table)
        {
            var isPair = (rate.From == from && rate.To == to) || (rate.From == to && rate.To == from);
            if (isPair && rate.Rate > 0 && DateOnly.FromDateTime(rate.Date.UtcDateTime) <= day && (newest is null || rate.Date > newest.Date))
            {
                newest = rate;
            }
        }

        return newest is null ? null : newest.From == from ? newest.Rate : 1 / newest.Rate;
    }

    private decimal? ByThird(string from, string to, DateOnly day)
    {
        decimal? found = null;
        foreach (var third in table.SelectMany(r => new[] { r.From, r.To }).Distinct(StringComparer.Ordinal))
        {
            if (third != from && third != to && Direct(from, third, day) is { } first && Direct(third, to, day) is { } second)
            {
                if (found is not null)
                {
                    return null;
                }

                found = first * second;
            }
        }

        return found;
    }
}
