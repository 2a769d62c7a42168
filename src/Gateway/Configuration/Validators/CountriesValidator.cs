using Gateway.Residency;

namespace Gateway.Configuration.Validators;

/// <summary>Groups of countries hold countries that there are, and not themselves; the node and what it keeps its data in stand in one.</summary>
internal sealed class CountriesValidator : IConfigValidator
{
    public void Validate(GatewayConfig config, ConfigReport report)
    {
        var book = new CountryBook(config.CountryGroups, (key, problem) => report.Error(key, problem));
        CheckCountry(config.Node.Country, "node.country", report);
        CheckCountry(config.Node.OperatorCountry, "node.operator_country", report);
        CheckPlace(book, config.Store.Placement, "store.placement", report);
        CheckPlace(book, config.Redis?.Placement, "redis.placement", report);
        if (config.Store is { Placement: not null, Postgresql: null })
        {
            report.Error("store.placement", "is that of a PostgreSQL database; the SQLite file stands where the node does, which `node` says");
        }
    }

    private static void CheckPlace(CountryBook book, PlaceConfig? place, string key, ConfigReport report)
    {
        if (place is not null)
        {
            CheckList(book, place.Storage, $"{key}.storage", report);
            CheckCountry(place.OperatorCountry, $"{key}.operator_country", report);
            CheckDates(place, key, report);
        }
    }

    public static void CheckCountry(string? code, string key, ConfigReport report)
    {
        if (code is not null && CountryBook.CheckCountry(code) is { } problem)
        {
            report.Error(key, problem);
        }
    }

    public static void CheckList(CountryBook book, IReadOnlyList<string>? names, string key, ConfigReport report) =>
        book.Read(names, (i, problem) => report.Error($"{key}[{i}]", problem));

    public static void CheckDates(PlaceConfig place, string key, ConfigReport report)
    {
        if (place.Expires <= place.Checked)
        {
            report.Error($"{key}.expires", "is not after `checked`");
        }
    }
}
