using Gateway.Configuration;
using Gateway.Exchanges;

namespace Gateway.Ledger;

/// <summary>What the tokens of a deployment cost.</summary>
/// <param name="Currency">By ISO 4217.</param>
/// <param name="Input">A million tokens of prompts.</param>
/// <param name="CachedInput">A million tokens of prompts that the API had in its cache.</param>
/// <param name="Output">A million tokens of answers, with those of reasoning.</param>
internal sealed record Price(string Currency, decimal Input, decimal CachedInput, decimal Output)
{
    // Billionths of the unit for a token, where the price is in units for a million tokens: 1e9 / 1e6.
    private const decimal NanoPerToken = 1_000m;

    public static Price? Of(PriceConfig? config) =>
        config is null ? null : new(config.Currency, config.Input, config.CachedInput ?? config.Input, config.Output);

    /// <summary>What an exchange cost, in billionths of the currency's unit; rounded once, halves to the even side, so that sums lean to neither.</summary>
    public long CostOf(Usage usage)
    {
        // An upstream that reports more cached tokens than it read is not let below nothing.
        var cached = Math.Min(usage.CachedTokens, usage.InputTokens);
        var cost = ((usage.InputTokens - cached) * Input) + (cached * CachedInput) + (usage.OutputTokens * Output);

        // 2^31 tokens at the largest price, 1e9 a million, are 2e21 billionths; nobody is owed as much as fits.
        return (long)Math.Min(decimal.Round(cost * NanoPerToken), long.MaxValue);
    }
}
