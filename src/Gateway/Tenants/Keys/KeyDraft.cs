using System.Text.RegularExpressions;
using Gateway.Api;
using Gateway.Configuration;
using Gateway.Exchanges;

namespace Gateway.Tenants.Keys;

/// <summary>What a key is to be, as somebody asks for it.</summary>
internal sealed record KeyDraft(string? Tenant, string? Name, ScopeJson Scope, DateTimeOffset? ExpiresAt)
{
    private static readonly Regex NamePattern = new(Names.Plain, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    // A scope is compared with at each request.
    private const int MostEntries = 64;

    /// <summary>The scope, or why no key can be made of this.</summary>
    /// <param name="access">What there is.</param>
    /// <param name="now">The time.</param>
    /// <param name="error">What is wrong, with the field.</param>
    public KeyScope? Check(AccessModel access, DateTimeOffset now, out ApiError? error)
    {
        error = CheckFields(access, now);
        if (error is not null)
        {
            return null;
        }

        if (!Scope.TryToScope(out var scope, out var problem))
        {
            error = Invalid(problem.Field, problem.Problem);
            return null;
        }

        // By its name even where it is the lowest: a list that is later begun lower does not lower the key.
        return scope with { DataClass = scope.DataClass ?? access.Classes.Lowest.Name };
    }

    /// <summary>What is wrong with an expiry; null when nothing is.</summary>
    public static ApiError? CheckExpiry(DateTimeOffset? expiresAt, DateTimeOffset now) =>
        expiresAt <= now ? Invalid("expires_at", "lies in the past; to end a key now, revoke it")
        : expiresAt >= RuntimeKey.LatestExpiry ? Invalid("expires_at", $"must be before {Moment.Format(RuntimeKey.LatestExpiry)}; leave it out for a key that does not expire")
        : null;

    private ApiError? CheckFields(AccessModel access, DateTimeOffset now)
    {
        if (Tenant is null)
        {
            return RequestFields.Missing("tenant");
        }

        if (!access.Tenants.TryGetValue(Tenant, out var tenant))
        {
            return Invalid("tenant", "there is no tenant of this name in the configuration");
        }

        return Name is null ? RequestFields.Missing("name")
            : ConfigText.IndexOfControl(Name) >= 0 || !NamePattern.IsMatch(Name) ? Invalid("name", $"must be {Names.PlainInWords}")
            : CheckList("models", Scope.Models, tenant.Models.Contains, "is not one of the tenant's models")
            ?? CheckList("endpoints", Scope.Endpoints, name => KeyScope.EndpointNames.Contains(name, StringComparer.Ordinal), $"is none; the endpoints are {string.Join(", ", KeyScope.EndpointNames)}")
            ?? CheckCurrency(tenant)
            ?? CheckList("networks", Scope.Networks, _ => true, "")
            ?? CheckClass(access.Classes)
            ?? CheckExpiry(ExpiresAt, now);
    }

    private ApiError? CheckClass(DataClasses classes) =>
        Scope.DataClass is null || classes.Find(Scope.DataClass) is not null ? null : Invalid("data_class", $"must be one of {string.Join<DataClass>(", ", classes.All)}");

    private ApiError? CheckCurrency(TenantModel tenant) =>
        Scope.Limits is { } limits && (limits.MoneyPerDay ?? limits.MoneyPerWeek ?? limits.MoneyPerMonth) is not null && tenant.Quota.Place.Currency is null
            ? Invalid("limits", "money cannot be limited where the tenant has no `currency` in the configuration")
            : null;

    private static ApiError? CheckList(string field, IReadOnlyList<string>? values, Func<string, bool> isKnown, string problem)
    {
        if (values is null)
        {
            return null;
        }

        if (values.Count is 0 or > MostEntries)
        {
            return Invalid(field, values.Count == 0 ? "is empty; leave it out to allow all" : $"has more than {MostEntries} entries");
        }

        for (var i = 0; i < values.Count; i++)
        {
            if (values[i] is null || !isKnown(values[i]))
            {
                return Invalid($"{field}[{i}]", problem);
            }
        }

        return null;
    }

    private static ApiError Invalid(string field, string problem) => ApiError.BadRequest($"Invalid '{field}': {problem}.", field, "invalid_value");
}
