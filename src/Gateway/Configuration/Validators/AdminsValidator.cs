using Gateway.Admin;

namespace Gateway.Configuration.Validators;

/// <summary>An admin's key is theirs alone; an admin of one tenant has one that exists.</summary>
internal sealed class AdminsValidator : IConfigValidator
{
    public void Validate(GatewayConfig config, ConfigReport report)
    {
        var first = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < config.Tenants.Count; i++)
        {
            for (var j = 0; j < config.Tenants[i].Keys.Count; j++)
            {
                first.TryAdd(config.Tenants[i].Keys[j].Sha256, $"tenants[{i}].keys[{j}].sha256");
            }
        }

        var tenants = new NamedReferences("tenant", "tenants", [.. config.Tenants.Select(t => t.Name)], report);
        for (var i = 0; i < config.Admins.Count; i++)
        {
            var (admin, parent) = (config.Admins[i], $"admins[{i}]");
            ValidateTenant(admin, parent, tenants, report);
            if (admin.Sha256.Equals(TenantKeysValidator.OfNothing, StringComparison.OrdinalIgnoreCase))
            {
                report.Error($"{parent}.sha256", "is the SHA-256 of an empty text, so the key was lost on the way; `gateway keys generate` makes both");
            }
            else if (admin.Sha256.Length > 0 && !first.TryAdd(admin.Sha256, $"{parent}.sha256"))
            {
                var other = first[admin.Sha256];
                report.Error($"{parent}.sha256", $"the same key as {other} on line {report.Document.Locate(other).Line}; an admin has a key of their own");
            }
        }
    }

    private static void ValidateTenant(AdminConfig admin, string parent, NamedReferences tenants, ConfigReport report)
    {
        if (report.IsUnusable($"{parent}.role"))
        {
            return;
        }

        if (admin.Role == AdminRole.TenantAdmin && admin.Tenant is null)
        {
            report.Error($"{parent}.tenant", "is missing; the role `tenant-admin` needs it");
        }
        else if (admin.Role != AdminRole.TenantAdmin && admin.Tenant is not null)
        {
            report.Error($"{parent}.tenant", $"is for the role `tenant-admin` only; remove it, or change `role`");
        }
        else if (admin.Tenant is not null)
        {
            tenants.Check([admin.Tenant], _ => $"{parent}.tenant");
        }
    }
}
