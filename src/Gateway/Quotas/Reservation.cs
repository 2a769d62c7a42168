using Gateway.Exchanges;
using Gateway.Ledger;
using Gateway.Routing;

namespace Gateway.Quotas;

/// <summary>What an exchange has reserved of its limits, and what the ledger is told of that.</summary>
internal sealed class Reservation(Lease lease, DateTimeOffset openedAt, DateTimeOffset reservedAt)
{
    public Lease Lease { get; } = lease;

    /// <summary>Tokens reserved; null where no limit counts them.</summary>
    public long? Tokens => Find(QuotaMeasure.Tokens);

    /// <summary>For the opening of its line.</summary>
    public ReservedRecord Record
    {
        get
        {
            var money = Array.FindIndex(Lease.Charges, c => c.Limit.Key.Measure is QuotaMeasure.Money or QuotaMeasure.Balance);
            return new(reservedAt, Tokens ?? 0, money < 0 ? 0 : Lease.Charges[money].Reserved, money < 0 ? null : Lease.Charges[money].Limit.Key.Currency);
        }
    }

    /// <summary>For the closing of its line.</summary>
    public DrawnRecord? Drawn =>
        Array.FindIndex(Lease.Charges, c => c.Limit.Key.Measure == QuotaMeasure.Balance) is >= 0 and var index && Lease.Charges[index].Used > 0
            ? new(Lease.Charges[index].Used, Lease.Charges[index].Limit.Key.Currency)
            : null;

    /// <summary>Writes into the lease what the exchange used in the end. What the gateway refused itself has used nothing.</summary>
    public void Use(Exchange exchange, ExchangeOutcome outcome, GatewayModel gateway)
    {
        var counts = exchange.Deployment is not null && outcome != ExchangeOutcome.Refused;
        var day = DateOnly.FromDateTime(openedAt.UtcDateTime);
        foreach (ref var charge in Lease.Charges.AsSpan())
        {
            charge.Used = !counts ? 0 : charge.Limit.Key.Measure switch
            {
                QuotaMeasure.Tokens => exchange.Usage is { } usage ? (long)usage.InputTokens + usage.OutputTokens : 0,
                QuotaMeasure.Money or QuotaMeasure.Balance when exchange.CostNano is > 0 and var cost =>
                    ExchangeRates.Convert(cost, gateway.Rates.Find(exchange.Deployment!.Price!.Currency, charge.Limit.Key.Currency, day)!.Value),
                QuotaMeasure.Requests => 1,
                _ => 0,
            };
        }
    }

    private long? Find(QuotaMeasure measure) => Array.FindIndex(Lease.Charges, c => c.Limit.Key.Measure == measure) is >= 0 and var index ? Lease.Charges[index].Reserved : null;
}
