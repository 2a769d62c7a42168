using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Gateway.Admin;
using Gateway.Api;
using Gateway.Configuration;
using Gateway.Ledger;

namespace Gateway.Quotas;

/// <summary>What can be done with balances: the same from the admin API and from the command line. Expected failures are values.</summary>
internal sealed class BalanceOperations(BalanceStore store, TimeProvider time)
{
    // Payments shown with a balance.
    private const int MostEntries = 100;

    private const int LongestNote = 256;

    // Nine digits and six behind the point, as amounts in the configuration.
    private const decimal LargestAmount = 1_000_000_000m;

    private static readonly Regex IdPattern = new(Names.Plain, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    /// <summary>Books a payment.</summary>
    public async Task<(BalanceJson? Balance, ApiError? Error)> TopUpAsync(AdminCaller caller, string tenant, TopUpJson payment, CancellationToken cancellationToken)
    {
        if (Find(caller, tenant, out var error) is not { } currency || (error = Check(payment, currency)) is not null)
        {
            return (null, error);
        }

        var (paid, _) = await store.SumAsync(tenant, currency, cancellationToken);
        if (Math.Abs(Money.FromNano(paid) + payment.Amount!.Value) >= LargestAmount)
        {
            return (null, Invalid("amount", $"with what was paid before, {Money.FromNano(paid)} {currency}, it comes to more than nine digits"));
        }

        var who = caller.Grant.Who.Name;
        var entry = new BalanceEntry(
            tenant, payment.Id ?? "pay_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), time.GetUtcNow(), Money.ToNano(payment.Amount!.Value), currency, who, payment.Note);
        var (known, isNew) = await store.AddAsync(
            entry,
            new AdminAct(who, ConfigWords.Word(caller.Grant.Role), "balance.top_up", entry.Id, tenant, AdminAct.Done, caller.RequestId),
            cancellationToken);
        return isNew || (known.AmountNano == entry.AmountNano && known.Currency == entry.Currency)
            ? await ShowAsync(caller, tenant, cancellationToken)
            : (null, new ApiError(
                StatusCodes.Status409Conflict,
                $"The payment `{entry.Id}` was booked before, of {Money.FromNano(known.AmountNano)} {known.Currency}. Give another payment another id.",
                ApiErrorTypes.InvalidRequest,
                "id",
                "payment_exists"));
    }

    /// <summary>A tenant's balance, with its latest payments.</summary>
    public async Task<(BalanceJson? Balance, ApiError? Error)> ShowAsync(AdminCaller caller, string tenant, CancellationToken cancellationToken)
    {
        if (Find(caller, tenant, out var error) is not { } currency)
        {
            return (null, error);
        }

        var (paid, spent) = await store.SumAsync(tenant, currency, cancellationToken);
        var entries = await store.ListAsync(tenant, MostEntries, cancellationToken);
        return (new BalanceJson(
            tenant, currency, Money.FromNano(paid), Money.FromNano(spent), Money.FromNano(paid - spent),
            [.. entries.Select(e => new PaymentJson(e.Id, e.At, Money.FromNano(e.AmountNano), e.Currency, e.Who, e.Note))]), null);
    }

    // The currency of a tenant that pays ahead.
    private static string? Find(AdminCaller caller, string tenant, out ApiError? error)
    {
        error = null;
        if (!caller.Grant.Covers(tenant) || !caller.Access.Tenants.TryGetValue(tenant, out var found))
        {
            error = new ApiError(StatusCodes.Status404NotFound, $"There is no tenant `{RequestFields.Shorten(tenant)}`.", ApiErrorTypes.InvalidRequest, Code: "tenant_not_found");
            return null;
        }

        if (found.Quota.Balance is not { } balance)
        {
            error = new ApiError(
                StatusCodes.Status409Conflict, $"The tenant `{tenant}` does not pay ahead; `balance: prepaid` in the configuration makes it.", ApiErrorTypes.InvalidRequest, Code: "not_prepaid");
            return null;
        }

        return balance.Key.Currency;
    }

    private static ApiError? Check(TopUpJson payment, string currency) =>
        payment.Amount is not { } amount ? RequestFields.Missing("amount")
        : amount == 0 || Math.Abs(amount) >= LargestAmount || decimal.Round(amount, 6) != amount
            ? Invalid("amount", "must not be 0, and have at most nine digits and six more behind the point; with a minus it is paid back")
        : payment.Currency is not { } named ? RequestFields.Missing("currency")
        : named != currency ? Invalid("currency", $"must be {currency}, in which the tenant pays")
        : payment.Id is { } id && !IdPattern.IsMatch(id) ? Invalid("id", $"must be {Names.PlainInWords}")
        : payment.Note is { } note && (note.Length > LongestNote || ConfigText.IndexOfControl(note) >= 0) ? Invalid("note", "must be one line of at most 256 characters")
        : null;

    private static ApiError Invalid(string field, string problem) => ApiError.BadRequest($"Invalid '{field}': {problem}.", field, "invalid_value");
}
