using System.Reflection;
using Gateway.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Telemetry;

public sealed class EventIdTests
{
    // A thousand for each feature; a new feature takes the next one.
    private static readonly Dictionary<string, int> Thousands = new(StringComparer.Ordinal)
    {
        ["Gateway.Api"] = 1000,
        ["Gateway.Engine"] = 2000,
        ["Gateway.Hosting"] = 3000,
        ["Gateway.Configuration"] = 4000,
        ["Gateway.Telemetry"] = 5000,
        ["Gateway.Exchanges"] = 6000,
        ["Gateway.Providers"] = 7000,
        ["Gateway.Routing"] = 8000,
        ["Gateway.Tenants"] = 10000,
        ["Gateway.Ledger"] = 11000,
        ["Gateway.Stores"] = 12000,
        ["Gateway.Admin"] = 13000,
        ["Gateway.Quotas"] = 14000,
        ["Gateway.Residency"] = 15000,
        ["Gateway.Privacy"] = 16000,
    };

    private static readonly List<(MethodInfo Method, int Id)> Messages =
    [
        .. typeof(GatewayHost).Assembly.GetTypes()
            .SelectMany(t => t.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(m => (m, m.GetCustomAttribute<LoggerMessageAttribute>()?.EventId ?? 0))
            .Where(m => m.Item2 != 0),
    ];

    [Fact]
    public void No_two_messages_share_an_event_id()
    {
        Assert.NotEmpty(Messages);
        Assert.Empty(Messages.GroupBy(m => m.Id).Where(g => g.Count() > 1).Select(g => $"{g.Key}: {string.Join(", ", g.Select(m => $"{m.Method.DeclaringType}.{m.Method.Name}"))}"));
    }

    [Fact]
    public void Each_event_id_is_of_its_features_thousand() => Assert.All(Messages, message =>
    {
        var feature = string.Join('.', message.Method.DeclaringType!.Namespace!.Split('.').Take(2));
        Assert.True(Thousands.TryGetValue(feature, out var first), $"{feature} has no range of event ids yet.");
        Assert.True(message.Id >= first && message.Id < first + 1000, $"{message.Method.DeclaringType}.{message.Method.Name} has {message.Id}; {feature} has {first} to {first + 999}.");
    });
}
