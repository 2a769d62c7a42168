using Gateway.Configuration;
using Gateway.Quotas;

namespace Gateway.Tests.Quotas;

public sealed class ExchangeRatesTests
{
    private static readonly ExchangeRates Rates = new(
    [
        Rate("USD", "BRL", 5.00m, "2026-01-01"), Rate("USD", "BRL", 5.43m, "2026-11-01"), Rate("BRL", "USD", 0.2m, "2026-06-01"), Rate("EUR", "BRL", 6m, "2026-01-01"),
    ]);

    [Theory]
    [InlineData("USD", "USD", "2026-03-01", "1")]
    [InlineData("USD", "BRL", "2026-03-01", "5")]
    [InlineData("USD", "BRL", "2026-10-31", "5")]       // 1 / 0.2, the newer one
    [InlineData("USD", "BRL", "2026-11-01", "5.43")]
    [InlineData("BRL", "USD", "2026-06-01", "0.2")]
    [InlineData("BRL", "EUR", "2026-03-01", "0.1666666666666666666666666667")]
    [InlineData("EUR", "USD", "2026-07-01", "1.2")]     // by way of BRL
    [InlineData("USD", "BRL", "2025-12-31", null)]
    [InlineData("USD", "JPY", "2026-03-01", null)]
    public void The_newest_rate_that_is_not_later_counts(string from, string to, string day, string? expected) => Assert.Equal(
        expected is null ? null : decimal.Parse(expected, System.Globalization.CultureInfo.InvariantCulture),
        Rates.Find(from, to, DateOnly.ParseExact(day, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)));

    [Fact]
    public void What_is_reserved_is_rounded_up_and_what_was_used_to_the_nearest()
    {
        Assert.Equal((4, 3), (ExchangeRates.ConvertUp(10, 0.333m), ExchangeRates.Convert(10, 0.333m)));
        Assert.Equal(2, ExchangeRates.Convert(5, 0.5m));
        Assert.Equal(ExchangeRates.MoreThanAny, ExchangeRates.ConvertUp(long.MaxValue, 999_999_999m));
    }

    private static ExchangeRateConfig Rate(string from, string to, decimal rate, string date) => new()
    {
        From = from,
        To = to,
        Rate = rate,
        Date = DateTimeOffset.Parse(date, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal),
    };
}
