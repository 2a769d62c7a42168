using Gateway.Tenants.Jwt;

namespace Gateway.Configuration.Validators;

/// <summary>An issuer's keys can be had, by a way that nobody else can write to, and its tokens lead to tenants that there are.</summary>
internal sealed class JwtValidator : IConfigValidator
{
    public void Validate(GatewayConfig config, ConfigReport report)
    {
        var tenants = new NamedReferences("tenant", "tenants", [.. config.Tenants.Select(t => t.Name)], report);
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < config.Jwt.Count; i++)
        {
            var (issuer, parent) = (config.Jwt[i], $"jwt[{i}]");
            if (issuer.Issuer.Length > 0 && !first.TryAdd(issuer.Issuer, i))
            {
                report.Error($"{parent}.issuer", $"the same issuer as jwt[{first[issuer.Issuer]}]; one entry may have several audiences");
            }

            ValidateKeys(issuer, parent, report);
            ValidateTenants(issuer, parent, tenants, report);
            if (issuer.Algorithms.Count == 0)
            {
                report.Error($"{parent}.algorithms", "is empty; no token could be checked");
            }

            if (issuer.Roles.Count > 0 && issuer.RoleClaim is null)
            {
                report.Error($"{parent}.roles", "says what values of `role_claim` stand for; write that too");
            }
        }
    }

    private static void ValidateKeys(JwtConfig issuer, string parent, ConfigReport report)
    {
        if (issuer.Jwks is null)
        {
            if (issuer.Issuer.Length > 0 && RemoteUrl.CheckKeys(issuer.Issuer) is { } problem)
            {
                report.Error($"{parent}.issuer", $"{problem}; or write `jwks`, where its keys are");
            }
        }
        else if (RemoteUrl.IsUrl(issuer.Jwks))
        {
            if (RemoteUrl.CheckKeys(issuer.Jwks) is { } problem)
            {
                report.Error($"{parent}.jwks", problem);
            }
        }
        else
        {
            var path = Path.GetFullPath(issuer.Jwks, report.Document.Folder);
            var content = ConfigFile.Read(path, SigningKeySet.LargestDocument);
            if ((content.Bytes is null ? content.Error : SigningKeySet.Parse(content.Bytes) is null ? "holds no key that can check a signature (JWKS, RFC 7517)" : null) is { } problem)
            {
                report.Error($"{parent}.jwks", $"the file {ConfigText.Quote(path)} {problem}");
            }
        }
    }

    private static void ValidateTenants(JwtConfig issuer, string parent, NamedReferences tenants, ConfigReport report)
    {
        if (issuer.Tenant is { } tenant)
        {
            tenants.Check([tenant], _ => $"{parent}.tenant");
            if (issuer.Tenants.Count > 0)
            {
                report.Error($"{parent}.tenants", "stands beside `tenant`, which is for all tokens; remove one");
            }
        }

        for (var i = 0; i < issuer.Tenants.Count; i++)
        {
            var key = $"{parent}.tenants[{i}].tenant";
            tenants.Check([issuer.Tenants[i].Tenant], _ => key);
        }
    }
}
