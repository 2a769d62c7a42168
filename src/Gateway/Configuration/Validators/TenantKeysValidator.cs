namespace Gateway.Configuration.Validators;

/// <summary>A key says whose it is, so it belongs to one tenant, once.</summary>
internal sealed class TenantKeysValidator : IConfigValidator
{
    public const string OfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    public void Validate(GatewayConfig config, ConfigReport report)
    {
        var first = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < config.Tenants.Count; i++)
        {
            var keys = config.Tenants[i].Keys;
            if (keys.Count == 0)
            {
                report.Warning($"tenants[{i}].keys", $"the tenant {ConfigText.Quote(config.Tenants[i].Name)} has no key, so nobody can use it");
            }

            for (var j = 0; j < keys.Count; j++)
            {
                var hash = keys[j].Sha256;
                var key = $"tenants[{i}].keys[{j}].sha256";
                if (hash.Equals(OfNothing, StringComparison.OrdinalIgnoreCase))
                {
                    report.Error(key, "is the SHA-256 of an empty text, so the key was lost on the way; `gateway keys generate` makes both");
                }
                else if (hash.Length > 0 && !first.TryAdd(hash, key))
                {
                    report.Error(key, $"the same key as {first[hash]} on line {report.Document.Locate(first[hash]).Line}; a key belongs to one tenant, once");
                }
            }
        }
    }
}
