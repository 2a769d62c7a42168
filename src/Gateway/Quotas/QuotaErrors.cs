using System.Globalization;
using Gateway.Api;
using Gateway.Ledger;

namespace Gateway.Quotas;

/// <summary>What clients are told whose requests are over a limit, with OpenAI's types and codes.</summary>
internal static class QuotaErrors
{
    private const string RateLimitExceeded = "rate_limit_exceeded";
    private const string InsufficientQuota = "insufficient_quota";

    public static ApiError Of(QuotaAnswer answer, in Charge charge)
    {
        var key = charge.Limit.Key;
        var limit = InWords(charge.Limit);
        var owner = charge.Limit.OwnerInWords;
        if (answer.Verdict == QuotaVerdict.Unavailable)
        {
            return new(
                StatusCodes.Status503ServiceUnavailable,
                $"How much is used of {limit} of {owner} cannot be told now, so nothing more is answered on it. Retry in a moment.",
                ApiErrorTypes.Server,
                Code: "quota_unavailable")
            { RetryAfter = 2 };
        }

        var (type, code) = key.Measure switch
        {
            QuotaMeasure.Money or QuotaMeasure.Balance => (InsufficientQuota, InsufficientQuota),
            QuotaMeasure.Tokens => ("tokens", RateLimitExceeded),
            _ => ("requests", RateLimitExceeded),
        };
        var needs = key.Measure switch
        {
            QuotaMeasure.Tokens => $"this request needs up to {Number(charge.Reserved)} tokens",
            QuotaMeasure.Money or QuotaMeasure.Balance => $"this request may cost up to {Amount(charge.Reserved, key.Currency)}",
            _ => "this request needs 1",
        };
        if (answer.Verdict == QuotaVerdict.TooLarge)
        {
            var advice = key.Measure switch
            {
                _ when charge.Limit.Amount == 0 => "Nothing is allowed by it.",
                QuotaMeasure.Tokens => "Send a shorter prompt, or ask for a shorter answer with `max_tokens`.",
                _ => "Send a shorter prompt, ask for a shorter answer with `max_tokens`, or use a cheaper model.",
            };
            return new(StatusCodes.Status429TooManyRequests, $"Request too large for {limit} of {owner}: {needs}, which can never fit. {advice}", type, Code: code);
        }

        var left = key.Measure is QuotaMeasure.Money or QuotaMeasure.Balance ? Amount(charge.Left, key.Currency) : Number(charge.Left);
        var (retry, then) = answer.RetryAfter is { } wait
            ? (Math.Max(1, (int)Math.Min(int.MaxValue, Math.Ceiling(wait.TotalSeconds))), $"Try again in {QuotaHeaders.Format(wait)}.")
            : key.Measure == QuotaMeasure.Concurrent ? (1, "Try again when one of them has ended.")
            : ((int?)null, "Top it up.");
        return new(
            StatusCodes.Status429TooManyRequests,
            key.Measure == QuotaMeasure.Balance
                ? $"The balance of {owner} is not enough: {left} left, and {needs}. {then}"
                : $"Limit reached for {owner}: {limit}, {left} left, and {needs}. {then}",
            type,
            Code: code)
        { RetryAfter = retry };
    }

    public static ApiError NoRate(string from, string to) => new(
        StatusCodes.Status503ServiceUnavailable,
        $"A limit in {to} applies to this request, and the configuration has no exchange rate for what it costs in {from} (`exchange_rates`).",
        ApiErrorTypes.Server,
        Code: "no_exchange_rate");

    /// <summary>A limit in words: <c>60 requests per minute</c>.</summary>
    public static string InWords(LimitModel limit)
    {
        var window = limit.Key.Window.ToString().ToLowerInvariant();
        return limit.Key.Measure switch
        {
            QuotaMeasure.Requests => $"{Number(limit.Amount)} requests per {window}",
            QuotaMeasure.Tokens => $"{Number(limit.Amount)} tokens per {window}",
            QuotaMeasure.Concurrent => $"{Number(limit.Amount)} requests at a time",
            QuotaMeasure.Money => $"{Amount(limit.Amount, limit.Key.Currency)} per {window}",
            _ => "the balance",
        };
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Amount(long nano, string currency) => string.Create(CultureInfo.InvariantCulture, $"{Money.FromNano(nano)} {currency}");
}
