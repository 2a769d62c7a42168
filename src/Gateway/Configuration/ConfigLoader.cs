using Gateway.Configuration.Validators;
using Gateway.Llama;

namespace Gateway.Configuration;

/// <summary>Reads and judges <c>gateway.yaml</c>.</summary>
internal static class ConfigLoader
{
    private static readonly IConfigValidator[] Validators =
    [
        new ListenValidator(),
        new StoreValidator(),
        new RedisValidator(),
        new DataClassesValidator(),
        new UniqueNamesValidator(),
        new ModelDeploymentsValidator(),
        new DeploymentKeysValidator(),
        new CountriesValidator(),
        new PlacementsValidator(),
        new LocalDeploymentValidator(),
        new RemoteDeploymentValidator(),
        new PoliciesValidator(),
        new CapsValidator(),
        new PolicyOrderValidator(),
        new TenantPoliciesValidator(),
        new PrivacyValidator(),
        new TenantModelsValidator(),
        new TenantKeysValidator(),
        new ScopeValidator(),
        new AdminsValidator(),
        new JwtValidator(),
        new QuotaValidator(TimeProvider.System),
    ];

    /// <summary>Reads the file, all of it, whatever is wrong with it. Never throws for what is in the file or beside it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="environment">Value of an environment variable, or null; null: the process's own.</param>
    public static LoadResult Load(string path, Func<string, string?>? environment = null)
    {
        var fullPath = Path.GetFullPath(path);
        var content = ConfigFile.Read(fullPath, ConfigParser.LargestFile);
        var sources = new Dictionary<string, string>(StringComparer.Ordinal) { [fullPath] = content.Hash };
        LoadResult Fail(int line, int column, string message) =>
            new() { File = path, Sources = sources, Errors = [new ConfigError(path, line, column, "", message)] };

        if (content.Bytes is null)
        {
            return Fail(0, 0, $"the file {content.Error}");
        }

        var root = ConfigParser.Parse(content.Bytes, out var syntaxError);
        if (syntaxError is var (position, message))
        {
            return Fail(position.Line, position.Column, message);
        }

        if (root is null)
        {
            // Defaults alone would serve nothing to nobody; a file left empty is rather a mount or a template that went wrong.
            return Fail(1, 1, "the file is empty, so nothing would be served; write `models`, `deployments` and `tenants`");
        }

        var document = new ConfigDocument(path, root);
        var report = new ConfigReport(document);
        var secrets = new SecretReader(document.Folder, environment ?? Environment.GetEnvironmentVariable);
        var config = new ConfigBinder(report, secrets).Bind<GatewayConfig>(root);
        foreach (var validator in Validators)
        {
            validator.Validate(config, report);
        }

        foreach (var (file, hash) in secrets.Files)
        {
            sources[file] = hash;
        }

        return new LoadResult
        {
            File = path,
            Config = report.Errors.Count == 0 ? Resolve(config, document.Folder) : null,
            Errors = report.Errors,
            Warnings = report.Warnings,
            Sources = sources,
        };
    }

    /// <summary>What is written, made independent of where it stood.</summary>
    private static GatewayConfig Resolve(GatewayConfig config, string folder) => config with
    {
        Deployments = [.. config.Deployments.Select(d => d.Kind switch
        {
            DeploymentKind.Local => d with
            {
                Path = ModelFile.Resolve(folder, d.Path!),
                DraftModel = d.DraftModel is null ? null : ModelFile.Resolve(folder, d.DraftModel),
                Speculation = d.DraftModel is null ? d.Speculation : Speculate.Draft,
                Lora = [.. d.Lora.Select(a => a with { Path = ModelFile.Resolve(folder, a.Path) })],
            },
            _ => d with { BaseUrl = (d.BaseUrl ?? DefaultConfig.OpenAIBaseUrl).TrimEnd('/') },
        })],
        Tenants = [.. config.Tenants.Select(t => t with { Keys = [.. t.Keys.Select(k => k with { Sha256 = k.Sha256.ToLowerInvariant() })] })],
        Jwt = [.. config.Jwt.Select(j => j.Jwks is null || RemoteUrl.IsUrl(j.Jwks) ? j : j with { Jwks = Path.GetFullPath(j.Jwks, folder) })],
        Admins = [.. config.Admins.Select(a => a with { Sha256 = a.Sha256.ToLowerInvariant() })],
    };
}
