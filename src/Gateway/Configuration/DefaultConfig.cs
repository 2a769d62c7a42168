using Gateway.Admin;

namespace Gateway.Configuration;

/// <summary>What is served when there is no file: the shipped models, to one tenant, on loopback.</summary>
internal static class DefaultConfig
{
    public const string OpenAIBaseUrl = "https://api.openai.com/v1";

    public const string ModelName = "smollm2-135m-instruct";

    public const string EmbeddingModelName = "multilingual-e5-small";

    public const string TenantName = "demo";

    private const string DeploymentName = "local-smol";
    private const string ModelFileName = "SmolLM2-135M-Instruct-Q4_1.gguf";
    private const string EmbeddingDeploymentName = "local-e5";
    private const string EmbeddingModelFileName = "multilingual-e5-small-Q4_0.gguf";

    /// <param name="keySha256">SHA-256 of the demonstration key, 64 hexadecimal digits in small letters.</param>
    /// <param name="adminSha256">SHA-256 of its admin's key.</param>
    public static GatewayConfig Create(string keySha256, string adminSha256) => new()
    {
        Models =
        [
            new() { Name = ModelName, Deployments = [new() { Name = DeploymentName }] },
            new() { Name = EmbeddingModelName, Deployments = [new() { Name = EmbeddingDeploymentName }] },
        ],

        // The second model would make the start half as long again, and most first calls are for the first.
        Deployments = [Shipped(DeploymentName, ModelFileName), Shipped(EmbeddingDeploymentName, EmbeddingModelFileName) with { Load = LoadTime.FirstUse }],
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

    private static DeploymentConfig Shipped(string name, string fileName) => new()
    {
        Name = name,
        Kind = DeploymentKind.Local,
        Path = Path.Combine(AppContext.BaseDirectory, "models", fileName),
    };
}
