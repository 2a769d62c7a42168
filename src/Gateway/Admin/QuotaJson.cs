using System.ComponentModel;
using Gateway.Configuration;
using Gateway.Ledger;
using Gateway.Quotas;

namespace Gateway.Admin;

/// <summary>A limit and how far it is used, as the admin API and <c>gateway quotas --json</c> show it.</summary>
internal sealed record QuotaJson
{
    public string Object { get; init; } = "quota";

    [Description("tenant, key, model (over all tenants) or tenant-model.")]
    public required string Owner { get; init; }

    [Description("Name of the tenant; null of a model's limit over all tenants.")]
    public string? Tenant { get; init; }

    [Description("Id of the key, where it is a key's.")]
    public string? Key { get; init; }

    [Description("Name of the model, where it is a model's.")]
    public string? Model { get; init; }

    [Description("requests, tokens, concurrent, money or balance.")]
    public required string Measure { get; init; }

    [Description("second, minute, hour, day, week, month or none.")]
    public required string Window { get; init; }

    [Description("Of money and balances.")]
    public string? Currency { get; init; }

    [Description("What is allowed in the window; of a balance what was paid in.")]
    public required decimal Limit { get; init; }

    [Description("What requests that have ended used.")]
    public required decimal Used { get; init; }

    [Description("What requests under way may use beside it.")]
    public required decimal Reserved { get; init; }

    public required decimal Left { get; init; }

    [Description("Seconds until all of it is free again, if nothing else is taken.")]
    public required double ResetSeconds { get; init; }

    public static QuotaJson Of(LimitStatus status, string? tenant)
    {
        var key = status.Limit.Key;
        decimal Amount(long value) => key.Measure is QuotaMeasure.Money or QuotaMeasure.Balance ? Money.FromNano(value) : value;
        return new QuotaJson
        {
            Owner = ConfigWords.Word(key.Owner),
            Tenant = tenant,
            Key = key.Owner == QuotaOwner.Key ? key.Name : null,
            Model = key.Owner == QuotaOwner.Model ? key.Name : key.Owner == QuotaOwner.TenantModel ? key.Model : null,
            Measure = ConfigWords.Word(key.Measure),
            Window = ConfigWords.Word(key.Window),
            Currency = key.Currency.Length > 0 ? key.Currency : null,
            Limit = Amount(status.Amount),
            Used = Amount(status.Used),
            Reserved = Amount(status.Reserved),
            Left = Amount(key.Measure == QuotaMeasure.Balance ? status.Amount - status.Used - status.Reserved : status.Left),
            ResetSeconds = Math.Ceiling(status.Reset.TotalMilliseconds) / 1000,
        };
    }
}

internal sealed record TopUpJson
{
    [Description("How much, in units of the currency; with a minus it is paid back.")]
    public decimal? Amount { get; init; }

    [Description("By ISO 4217: that of the tenant.")]
    public string? Currency { get; init; }

    [Description("Your name of the payment: told twice it counts once. Default: a new one.")]
    public string? Id { get; init; }

    public string? Note { get; init; }
}

internal sealed record BalanceJson(
    string Tenant,
    string Currency,
    [property: Description("All that was paid in.")] decimal Paid,
    [property: Description("What exchanges that have ended cost.")] decimal Spent,
    decimal Balance,
    [property: Description("The latest payments, the latest first.")] IReadOnlyList<PaymentJson> Payments)
{
    public string Object { get; init; } = "balance";
}

internal sealed record PaymentJson(string Id, DateTimeOffset At, decimal Amount, string Currency, string Who, string? Note)
{
    public string Object { get; init; } = "payment";
}
