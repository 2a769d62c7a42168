using System.ComponentModel;
using Gateway.Llama;

namespace Gateway.Configuration;

/// <summary>The whole of <c>gateway.yaml</c>, as written. Keys are these names in snake_case.</summary>
[Description("Configuration of the inference gateway.")]
internal sealed record GatewayConfig
{
    [Description("Addresses that the gateway listens on. Read at start only.")]
    public ListenConfig Listen { get; init; } = new();

    [Description("The database that keys and the ledger stand in. Read at start only. Default: the SQLite file gateway.db in the data folder.")]
    public StoreConfig Store { get; init; } = new();

    [Description("Bounds on what a client may send.")]
    public LimitsConfig Limits { get; init; } = new();

    [Required, Description("Models that clients may ask for by name.")]
    public IReadOnlyList<ModelConfig> Models { get; init; } = [];

    [Required, Description("Places where models run.")]
    public IReadOnlyList<DeploymentConfig> Deployments { get; init; } = [];

    [Required, Description("Who is served.")]
    public IReadOnlyList<TenantConfig> Tenants { get; init; } = [];
}

internal sealed record ListenConfig
{
    [Description("Address and port of the API: IPv4:port, [IPv6]:port, localhost:port or *:port. --urls, ASPNETCORE_URLS and PORT go before it. Default 127.0.0.1:8080.")]
    public string Api { get; init; } = "127.0.0.1:8080";

    [Description("Address and port of /metrics and the admin endpoints. Default 127.0.0.1:8081.")]
    public string Admin { get; init; } = "127.0.0.1:8081";
}

internal sealed record StoreConfig
{
    [Description("Connection string of a PostgreSQL database that several nodes may share, as ${ENVIRONMENT_VARIABLE} or file:PATH: Host=...;Username=...;Password=...;Database=...")]
    public Secret? Postgresql { get; init; }
}

internal sealed record LimitsConfig
{
    [Bounds(1_000, 1_000_000_000), Description("Largest request body in bytes. Default 10 MB.")]
    public int BodyBytes { get; init; } = 10_000_000;
}

internal sealed record ModelConfig
{
    [Required, Pattern(Names.OfModels, Names.OfModelsInWords), Description("The public name that clients put into `model`.")]
    public string Name { get; init; } = "";

    [Required, Description("Deployments that answer for this model.")]
    public IReadOnlyList<ModelDeploymentConfig> Deployments { get; init; } = [];

    [Bounds("1s", "1h"), Description("Longest silence of a remote deployment before its answer is given up, e.g. 90s. Default 600s.")]
    public TimeSpan? Timeout { get; init; }

    [Bounds("0s", "1h"), Description("How long a deployment that failed is tried last, e.g. 10s. Default 10s.")]
    public TimeSpan? Cooldown { get; init; }
}

/// <summary>May be written as the name alone.</summary>
[Shorthand(nameof(Name))]
internal sealed record ModelDeploymentConfig
{
    [Required, Pattern(Names.Plain, Names.PlainInWords), Description("Name of the deployment.")]
    public string Name { get; init; } = "";

    [Bounds(1, 1_000), Description("Share of the requests, relative to the other deployments of the model. Default 1.")]
    public int Weight { get; init; } = 1;
}

internal sealed record DeploymentConfig
{
    [Required, Pattern(Names.Plain, Names.PlainInWords), Description("Name of the deployment.")]
    public string Name { get; init; } = "";

    [Required, Description("What answers: `local` is a GGUF file in this process; the others are APIs.")]
    public DeploymentKind Kind { get; init; }

    /// <summary>As written; after <see cref="ConfigLoader.Load"/> the full path of the file.</summary>
    [LocalOnly, Description("local: path of the GGUF file, relative to the configuration file, or to the gateway's own folder when it is not there.")]
    public string? Path { get; init; }

    [LocalOnly, Bounds(1, LlamaEngineOptions.MostCells),
     Description("local: tokens of one request, prompt and answer together. Default: what the model was trained for, 8192 at most.")]
    public int? ContextLength { get; init; }

    [LocalOnly, Bounds(1, LlamaEngineOptions.MostCells), Description("local: cells of the KV cache, shared by all requests in progress. Default: twice context_length.")]
    public int? CacheCells { get; init; }

    [LocalOnly, Bounds(1, LlamaEngineOptions.MostSequences), Description("local: requests decoded at a time. Default 8.")]
    public int? Parallel { get; init; }

    [LocalOnly, Bounds(0, 100_000), Description("local: requests that wait for a place before further ones get a 429. Default 64.")]
    public int? Queue { get; init; }

    [LocalOnly, Bounds(1, LlamaEngineOptions.MostThreads), Description("local: threads of the engine at most; fewer while others need the processor. Default: the physical cores.")]
    public int? Threads { get; init; }

    [LocalOnly, Bounds(1, LlamaEngineOptions.MostCells), Description("local: tokens of an answer when the request does not say. Default 2048.")]
    public int? DefaultMaxTokens { get; init; }

    /// <summary>As written; after <see cref="ConfigLoader.Load"/> never null for a remote kind, and without a slash at its end.</summary>
    [RemoteOnly, Description("Remote: the API's base URL, up to and with its version. openai: default https://api.openai.com/v1.")]
    public string? BaseUrl { get; init; }

    [RemoteOnly, Description("Remote: the API's key, as ${ENVIRONMENT_VARIABLE} or file:PATH. openai: required.")]
    public Secret? ApiKey { get; init; }

    [RemoteOnly, Pattern("^[!-~]{1,256}$", "1 to 256 printable ASCII characters without spaces"),
     Description("Remote: what the API calls the model. Default: the name that the client asked for.")]
    public string? Model { get; init; }
}

/// <summary>What answers for a deployment.</summary>
internal enum DeploymentKind
{
    Local,

    [Word("openai")]
    OpenAI,

    [Word("openai-compatible")]
    OpenAICompatible,
}

internal sealed record TenantConfig
{
    [Required, Pattern(Names.Plain, Names.PlainInWords), Description("Name of the tenant.")]
    public string Name { get; init; } = "";

    [Required, Description("Models that the tenant may use; \"*\" means all.")]
    public IReadOnlyList<string> Models { get; init; } = [];

    [Description("The tenant's API keys, by hash.")]
    public IReadOnlyList<KeyConfig> Keys { get; init; } = [];
}

internal sealed record KeyConfig
{
    [Required, Pattern(Names.Plain, Names.PlainInWords), Description("Name of the key, for logs and lists.")]
    public string Name { get; init; } = "";

    /// <summary>As written; after <see cref="ConfigLoader.Load"/> in small letters.</summary>
    [Required, Pattern("^[0-9a-fA-F]{64}$", "the key's SHA-256, 64 hexadecimal digits; `gateway keys generate` makes both"),
     Description("SHA-256 of the key, 64 hexadecimal digits. `gateway keys generate` makes both.")]
    public string Sha256 { get; init; } = "";
}
