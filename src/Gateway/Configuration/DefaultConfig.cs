using Gateway.Admin;

namespace Gateway.Configuration;

/// <summary>What is served when there is no file: the shipped model, to one tenant, on loopback.</summary>
internal static class DefaultConfig
{
    public const string OpenAIBaseUrl = "https://api.openai.com/v1";

    public const string ModelName = "smollm2-135m-instruct";

    public const string TenantName = "demo";

    private const string DeploymentName = "local-smol";
    private const string ModelFileName = "SmolLM2-135M-Instruct-Q4_1.gguf";

    /// <param name="keySha256">SHA-256 of the demonstration key, 64 hexadecimal digits in small letters.</param>
    /// <param name="adminSha256">SHA-256 of its admin's key.</param>
    public static GatewayConfig Create(string keySha256, string adminSha256) => new()
    {
        Models = [new() { Name = ModelName, Deployments = [new() { Name = DeploymentName }] }],
        Deployments =
        [
            new()
            {
                Name = DeploymentName,
                Kind = DeploymentKind.Local,
                Path = Path.Combine(AppContext.BaseDirectory, "models", ModelFileName),
            },
        ],
        Tenants =
        [
            new()
            {
                Name = TenantName,
                Models = [Validators.TenantModelsValidator.Every],
                Keys = [new() { Name = TenantName, Sha256 = keySha256 }],
            },
        ],
        Admins = [new() { Name = TenantName, Role = AdminRole.Admin, Sha256 = adminSha256 }],
    };
}
