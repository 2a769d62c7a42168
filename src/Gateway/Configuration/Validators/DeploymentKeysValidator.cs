using System.Reflection;

namespace Gateway.Configuration.Validators;

/// <summary>A deployment has the keys of its kind, and no others: one that is not read would not do what its author thinks.</summary>
internal sealed class DeploymentKeysValidator : IConfigValidator
{
    private static readonly string[] LocalKeys = KeysWith<LocalOnlyAttribute>();
    private static readonly string[] RemoteKeys = KeysWith<RemoteOnlyAttribute>();

    public void Validate(GatewayConfig config, ConfigReport report)
    {
        for (var i = 0; i < config.Deployments.Count; i++)
        {
            var parent = $"deployments[{i}]";
            if (report.IsUnusable($"{parent}.kind"))
            {
                continue;
            }

            var kind = config.Deployments[i].Kind;
            foreach (var name in kind == DeploymentKind.Local ? RemoteKeys : LocalKeys)
            {
                var key = ConfigDocument.Join(parent, name);
                if (report.Document.Contains(key))
                {
                    report.Error(key, $"is not a key of the kind `{ConfigWords.Word(kind)}`; remove it, or change `kind`");
                }
            }
        }
    }

    private static string[] KeysWith<T>()
        where T : Attribute =>
        [.. ConfigType.Of(typeof(DeploymentConfig)).Properties!.Where(p => p.Info.IsDefined(typeof(T))).Select(p => p.Key)];
}
