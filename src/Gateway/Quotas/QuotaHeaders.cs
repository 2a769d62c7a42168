using System.Globalization;

namespace Gateway.Quotas;

/// <summary>How far limits are used, in OpenAI's headers (https://platform.openai.com/docs/guides/rate-limits): of requests and of tokens the limit of which least is left.</summary>
internal static class QuotaHeaders
{
    public static void Write(IHeaderDictionary headers, Charge[] charges)
    {
        Write(headers, charges, QuotaMeasure.Requests, "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests");
        Write(headers, charges, QuotaMeasure.Tokens, "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens");
    }

    /// <summary>A time as OpenAI writes it: <c>120ms</c>, <c>1s</c>, <c>6m0s</c>, <c>26h3m0s</c>. Rounded up, so that nobody comes too early.</summary>
    public static string Format(TimeSpan time)
    {
        if (time < TimeSpan.FromSeconds(1))
        {
            return string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, Math.Ceiling(time.TotalMilliseconds))}ms");
        }

        var seconds = (long)Math.Ceiling(time.TotalSeconds);
        var (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        return hours > 0 ? string.Create(CultureInfo.InvariantCulture, $"{hours}h{minutes}m{seconds % 60}s")
            : minutes > 0 ? string.Create(CultureInfo.InvariantCulture, $"{minutes}m{seconds % 60}s")
            : string.Create(CultureInfo.InvariantCulture, $"{seconds}s");
    }

    private static void Write(IHeaderDictionary headers, Charge[] charges, QuotaMeasure measure, string limit, string remaining, string reset)
    {
        var tightest = -1;
        for (var i = 0; i < charges.Length; i++)
        {
            if (charges[i].Limit.Key.Measure == measure && (tightest < 0 || charges[i].Left < charges[tightest].Left))
            {
                tightest = i;
            }
        }

        if (tightest >= 0)
        {
            ref readonly var charge = ref charges[tightest];
            headers[limit] = charge.Limit.Amount.ToString(CultureInfo.InvariantCulture);
            headers[remaining] = charge.Left.ToString(CultureInfo.InvariantCulture);
            headers[reset] = Format(charge.Reset);
        }
    }
}
