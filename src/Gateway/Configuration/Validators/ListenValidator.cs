namespace Gateway.Configuration.Validators;

internal sealed class ListenValidator : IConfigValidator
{
    public void Validate(GatewayConfig config, ConfigReport report)
    {
        var hasApi = Parse("listen.api", config.Listen.Api, report, out var api);
        var hasAdmin = Parse("listen.admin", config.Listen.Admin, report, out var admin);
        if (hasApi && hasAdmin && api.Collides(admin))
        {
            report.Error("listen.admin", $"api and admin cannot both listen on port {api.Port} ({api.Host} and {admin.Host}); give admin another port");
        }
    }

    private static bool Parse(string key, string text, ConfigReport report, out ListenAddress address)
    {
        if (ListenAddress.TryParse(text, out address))
        {
            return true;
        }

        report.Error(key, "must be an address and a port, such as 127.0.0.1:8080, [::1]:8080, localhost:8080 or *:8080");
        return false;
    }
}
