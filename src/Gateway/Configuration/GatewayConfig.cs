using System.ComponentModel;

namespace Gateway.Configuration;

/// <summary>The whole of <c>gateway.yaml</c>, as written. Keys are these names in snake_case.</summary>
[Description("Configuration of the inference gateway.")]
internal sealed record GatewayConfig
{
    [Description("Addresses that the gateway listens on. Read at start only.")]
    public ListenConfig Listen { get; init; } = new();

    [Description("Bounds on what a client may send.")]
    public LimitsConfig Limits { get; init; } = new();

    [Description("Models that clients may ask for by name.")]
    public IReadOnlyList<ModelConfig> Models { get; init; } = [];

    [Description("Places where models run.")]
    public IReadOnlyList<DeploymentConfig> Deployments { get; init; } = [];

    [Description("Who is served.")]
    public IReadOnlyList<TenantConfig> Tenants { get; init; } = [];
}

internal sealed record ListenConfig
{
    [Description("Address and port of the API. --urls, ASPNETCORE_URLS and PORT go before it.")]
    public string Api { get; init; } = "127.0.0.1:8080";

    [Description("Address and port of /metrics and the admin endpoints.")]
    public string Admin { get; init; } = "127.0.0.1:8081";
}

internal sealed record LimitsConfig
{
    [Description("Largest request body in bytes. Default 10 MB.")]
    public int BodyBytes { get; init; } = 10_000_000;
}

internal sealed record ModelConfig
{
    [Required, Description("The public name that clients put into `model`.")]
    public string Name { get; init; } = "";

    [Required, Description("Deployments that answer for this model.")]
    public IReadOnlyList<ModelDeploymentConfig> Deployments { get; init; } = [];
}

/// <summary>May be written as the name alone.</summary>
[Shorthand(nameof(Name))]
internal sealed record ModelDeploymentConfig
{
    [Required, Description("Name of the deployment.")]
    public string Name { get; init; } = "";

    [Description("Share of the requests, relative to the other deployments of the model.")]
    public int Weight { get; init; } = 1;
}

internal sealed record DeploymentConfig
{
    [Required, Description("Name of the deployment.")]
    public string Name { get; init; } = "";

    [Required, Description("What answers: `local` is a GGUF file in this process; the others are APIs.")]
    public DeploymentKind Kind { get; init; }

    [Description("local: path of the GGUF file, relative to the configuration file, or to the gateway's own folder when it is not there.")]
    public string? Path { get; init; }

    [Description("local: tokens of one request, prompt and answer together. Default: what the model was trained for.")]
    public int? ContextLength { get; init; }

    [Description("local: cells of the KV cache, shared by all requests in progress. Default: twice context_length.")]
    public int? CacheCells { get; init; }

    [Description("local: requests decoded at a time. Default 8.")]
    public int? Parallel { get; init; }

    [Description("local: requests that wait for a place before further ones get a 429. Default 64.")]
    public int? Queue { get; init; }

    [Description("local: threads of the engine. Default: the physical cores.")]
    public int? Threads { get; init; }

    [Description("local: tokens of an answer when the request does not say. Default 2048.")]
    public int? DefaultMaxTokens { get; init; }

    [Description("Remote: the API's base URL, up to and with its version, e.g. https://api.openai.com/v1.")]
    public string? BaseUrl { get; init; }

    [Secret, Description("Remote: the API's key, as ${ENVIRONMENT_VARIABLE} or file:PATH.")]
    public string? ApiKey { get; init; }

    [Description("Remote: what the API calls the model. Default: the name that the client asked for.")]
    public string? Model { get; init; }

    [Description("Remote: longest silence of the API, e.g. 90s. Default 600s.")]
    public TimeSpan? Timeout { get; init; }

    [Description("Remote: how long the deployment is left out after a failure, e.g. 10s. Default 10s.")]
    public TimeSpan? Cooldown { get; init; }
}

/// <summary>What answers for a deployment.</summary>
internal enum DeploymentKind
{
    Local,
    OpenAI,
    OpenAICompatible,
}

internal sealed record TenantConfig
{
    [Required, Description("Name of the tenant.")]
    public string Name { get; init; } = "";

    [Required, Description("Models that the tenant may use; \"*\" means all.")]
    public IReadOnlyList<string> Models { get; init; } = [];

    [Description("The tenant's API keys, by hash.")]
    public IReadOnlyList<KeyConfig> Keys { get; init; } = [];
}

internal sealed record KeyConfig
{
    [Required, Description("Name of the key, for logs and lists.")]
    public string Name { get; init; } = "";

    [Required, Description("SHA-256 of the key, 64 hexadecimal digits. `gateway keys generate` makes both.")]
    public string Sha256 { get; init; } = "";
}
