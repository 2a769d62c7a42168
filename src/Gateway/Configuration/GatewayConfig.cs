using System.ComponentModel;
using Gateway.Admin;
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

    [Description("A Redis (7.0 or later) through which several nodes share quotas, and tell each other of changed keys. Read at start only. Default: quotas are this node's own.")]
    public RedisConfig? Redis { get; init; }

    [Description("The record of who used what: a line for each request.")]
    public LedgerConfig Ledger { get; init; } = new();

    [Description("Classes of data, the least sensitive first: small letters, digits, `-` and `_`. Default public, internal, personal, restricted.")]
    public IReadOnlyList<string> DataClasses { get; init; } = Exchanges.DataClasses.DefaultNames;

    [Description("Bounds on what a client may send.")]
    public LimitsConfig Limits { get; init; } = new();

    [Description("Limits that tenants share by name: each tenant of a plan has all of them for itself.")]
    public IReadOnlyList<PlanConfig> Plans { get; init; } = [];

    [Description("What currencies are worth in others, by date.")]
    public IReadOnlyList<ExchangeRateConfig> ExchangeRates { get; init; } = [];

    [Description("Where this gateway runs, and who runs it.")]
    public NodeConfig Node { get; init; } = new();

    [Description("Groups of countries that lists of countries may name, beside those that are known: EU, MERCOSUR and so on.")]
    public IReadOnlyList<CountryGroupConfig> CountryGroups { get; init; } = [];

    [Description("Where data may go. A tenant without a policy is answered by local deployments only.")]
    public IReadOnlyList<PolicyConfig> Policies { get; init; } = [];

    [Description("Personal data in requests: what is looked for beside the kinds that are known, and what class it makes of them.")]
    public PrivacyConfig Privacy { get; init; } = new();

    [Required, Description("Models that clients may ask for by name.")]
    public IReadOnlyList<ModelConfig> Models { get; init; } = [];

    [Required, Description("Places where models run.")]
    public IReadOnlyList<DeploymentConfig> Deployments { get; init; } = [];

    [Description("Memory of the models in this process.")]
    public EngineConfig Engine { get; init; } = new();

    [Required, Description("Who is served.")]
    public IReadOnlyList<TenantConfig> Tenants { get; init; } = [];

    [Description("Who may use the admin API, by keys of their own.")]
    public IReadOnlyList<AdminConfig> Admins { get; init; } = [];

    [Description("Issuers of OpenID Connect whose tokens are taken in the place of keys.")]
    public IReadOnlyList<JwtConfig> Jwt { get; init; } = [];
}

internal sealed record ListenConfig
{
    [Description("Address and port of the API: IPv4:port, [IPv6]:port, localhost:port or *:port. --urls, ASPNETCORE_URLS and PORT go before it. Default 127.0.0.1:8080.")]
    public string Api { get; init; } = "127.0.0.1:8080";

    [Description("Address and port of /metrics and the admin endpoints. Default 127.0.0.1:8081.")]
    public string Admin { get; init; } = "127.0.0.1:8081";

    [Description("Proxies whose X-Forwarded-For says where a request comes from, for keys that are bound to networks: addresses or CIDR ranges. Default none. Takes effect at once.")]
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];
}

internal sealed record EngineConfig
{
    [Description("Memory that the models of local deployments may take together, weights, caches and adapters, such as 12GiB. Where they do not all fit, the least recently used that no request uses makes room for one that is asked for. Default: the machine's memory, or what the container may use.")]
    public ByteSize? Memory { get; init; }

    [Bounds("1s", "3650d"), Description("Time without a request after which a model is unloaded, such as 15m; the next request loads it again. Default: never.")]
    public TimeSpan? IdleTimeout { get; init; }

    [Bounds("1s", "1h"), Description("How long a request waits for other models to make room for its own, before it gets a 503. A load under way is waited for to its end. Default 60s.")]
    public TimeSpan? Wait { get; init; }

    [Bounds("30s", "24h"), Description("How long a model's own process (`isolation: process`) may complete no step while it has requests, or give no sign of life, before it is taken to hang: it is ended, and another one started. Default 5m.")]
    public TimeSpan? WorkerTimeout { get; init; }
}

internal sealed record StoreConfig
{
    [Description("Connection string of a PostgreSQL database that several nodes may share, as ${ENVIRONMENT_VARIABLE} or file:PATH: Host=...;Username=...;Password=...;Database=...")]
    public Secret? Postgresql { get; init; }

    [Description("Where that database stands, for policies that say where data may be stored. The SQLite file stands where the node does.")]
    public PlaceConfig? Placement { get; init; }
}

internal sealed record RedisConfig
{
    [Required, Description("Connection string of StackExchange.Redis, as ${ENVIRONMENT_VARIABLE} or file:PATH: host:6379,password=...,ssl=true")]
    public Secret Connection { get; init; } = null!;

    [Pattern(Names.Plain, Names.PlainInWords), Description("Tells gateways apart that share a Redis: the nodes of one have the same. Default gateway.")]
    public string Prefix { get; init; } = "gateway";

    [Bounds(1, 1000), Description("Most nodes that there may be. While Redis is lost each goes by that part of a limit; without it, by as many as were alive before.")]
    public int? Nodes { get; init; }

    [Description("Where that Redis stands, for policies that say where data may be stored: it counts what tenants use.")]
    public PlaceConfig? Placement { get; init; }
}

internal sealed record LedgerConfig
{
    [Description("For each class of data, when a request may go on: `commit` once its line is on disk; `batch` at once, its line follows within 50 ms. Default commit for the upper half of the classes (personal and restricted), batch below.")]
    public IReadOnlyDictionary<string, Durability> Durability { get; init; } = new Dictionary<string, Durability>(StringComparer.Ordinal);

    [Bounds("1d", "36500d"), Description("How long lines are kept, e.g. 90d; what they add up to by day stays. Default 400d.")]
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(400);

    [Bounds(100, 1_000_000), Description("Lines that wait in memory while the store is not available, before further requests get a 503. Default 100000 (about 50 MB).")]
    public int Buffer { get; init; } = 100_000;
}

/// <summary>When a request may go on.</summary>
internal enum Durability
{
    /// <summary>At once; its line is on disk within 50 ms.</summary>
    Batch,

    /// <summary>When its line is on disk.</summary>
    Commit,
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

    [Description("Limits of the model over all tenants. Its days are those of UTC.")]
    public QuotaConfig? Limits { get; init; }
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

    [LocalOnly, Bounds(0, 100_000), Description("local: requests of one tenant that wait for a place before its further ones get a 429; of all tenants together four times as many. Default 64.")]
    public int? Queue { get; init; }

    [LocalOnly, Description("local: whether what was computed of a tenant's prompts and answers is kept for its later requests that begin with it. Default true.")]
    public bool PrefixCache { get; init; } = true;

    [LocalOnly, Description("local: texts of your own that tenants' prompts begin with, such as the system prompt of your application: what is computed of them is shared by all tenants. A tenant can tell by the clock whether another has sent one lately; put no secret there.")]
    public IReadOnlyList<string> SharedPrompts { get; init; } = [];

    [LocalOnly, OrZero, Description("local: memory for what leaves the KV cache to make room, such as 1GiB: parts of the prefix cache, and requests that others go before. 0: none. Default: as much as the KV cache takes, 128MiB at most.")]
    public ByteSize? HostCache { get; init; }

    [LocalOnly, Bounds(1, LlamaEngineOptions.MostThreads), Description("local: threads of the engine at most; fewer while others need the processor. Default: the physical cores.")]
    public int? Threads { get; init; }

    [LocalOnly, Bounds(1, LlamaEngineOptions.MostCells), Description("local: tokens of an answer when the request does not say. Default 2048.")]
    public int? DefaultMaxTokens { get; init; }

    [LocalOnly, Description("local: LoRA adapters that this deployment answers with. Deployments with the same file and settings share one model in memory, whatever their adapters.")]
    public IReadOnlyList<LoraConfig> Lora { get; init; } = [];

    /// <summary>After <see cref="ConfigLoader.Load"/> <see cref="Speculate.Draft"/> where there is a <see cref="DraftModel"/>.</summary>
    [LocalOnly, Description("local: guesses of the next tokens, several decoded in one step where that is faster: `off` (default), `lookup`, from the request's own prompt and answer, or `draft`, by draft_model. Requests with a seed go without. Answers follow the model's own probabilities either way.")]
    public Speculate Speculation { get; init; }

    /// <summary>As <see cref="Path"/>.</summary>
    [LocalOnly, Description("local: path of the GGUF file of a smaller model of the same family, with the same vocabulary, that guesses the next tokens where that is faster; found as `path` is. With it `speculation` is `draft`.")]
    public string? DraftModel { get; init; }

    [LocalOnly, Description("local: when the model is loaded: `startup` (default), or `first_use`, with the first request that asks for it.")]
    public LoadTime Load { get; init; }

    [LocalOnly, Description("local: `process` runs the model in a process of its own, so that a crash of it costs only its own requests; it is started again by itself. Default `none`: in the gateway's process.")]
    public Isolation Isolation { get; init; }

    [LocalOnly, Description("local: whether the model stays in memory whatever others need, once it is loaded. Default false.")]
    public bool Pin { get; init; }

    [LocalOnly, Bounds("1s", "3650d"), Description("local: time without a request after which the model is unloaded, in place of engine.idle_timeout.")]
    public TimeSpan? IdleTimeout { get; init; }

    [LocalOnly, Description("local: how keys and values are cached: `f16` (default); `q8_0` takes about half the memory, `q4_0` about a quarter and makes answers worse.")]
    public KVCacheType? CacheType { get; init; }

    [LocalOnly, Description("local: whether attention is computed in one pass over the cache, which takes less memory: `auto` (default, where that can be done), `on` or `off`.")]
    public FlashAttention FlashAttention { get; init; }

    [LocalOnly, Bounds(0, LlamaEngineOptions.MostGpuLayers), Description("local: layers of the model that a GPU computes. Default: all, where the natives of libllama find one; those that come with the gateway are for processors.")]
    public int? GpuLayers { get; init; }

    [LocalOnly, Description("local: whether the file is mapped into memory rather than read into it. Default: true, where all that computes can use such memory.")]
    public bool? Mmap { get; init; }

    [LocalOnly, Description("local: whether the system must keep the weights in memory; the limit of locked memory (ulimit -l) must allow it. Default false.")]
    public bool Mlock { get; init; }

    [LocalOnly, Description("local, for models that embed or rerank: what becomes of a text longer than context_length. `refuse` (default): a 400 that names it. `window`: it is computed in windows.")]
    public OverlongInput Overlong { get; init; }

    /// <summary>As written; after <see cref="ConfigLoader.Load"/> never null for a remote kind, and without a slash at its end.</summary>
    [RemoteOnly, Description("Remote: the API's base URL, up to and with its version. openai: default https://api.openai.com/v1.")]
    public string? BaseUrl { get; init; }

    [RemoteOnly, Description("Remote: the API's key, as ${ENVIRONMENT_VARIABLE} or file:PATH. openai: required.")]
    public Secret? ApiKey { get; init; }

    [RemoteOnly, Pattern("^[!-~]{1,256}$", "1 to 256 printable ASCII characters without spaces"),
     Description("Remote: what the API calls the model. Default: the name that the client asked for.")]
    public string? Model { get; init; }

    [RemoteOnly, Description("Remote: whether streams are asked for their usage (`stream_options`), so that it is exact; false for an API that refuses the field. Default true.")]
    public bool StreamUsage { get; init; } = true;

    [RemoteOnly, Bounds(1, 100_000_000),
     Description("Remote: tokens of an answer when the request does not say, set where a limit of tokens or money applies. Default 4096; 16 for /v1/completions, as OpenAI has it.")]
    public int? MaxOutputTokens { get; init; }

    [RemoteOnly, Bounds(1, 10_000_000), Description("Remote: tokens that an image of a request is taken for before the API has counted it. Default 2000.")]
    public int? ImageTokens { get; init; }

    [RemoteOnly, Description("Remote: the host is on a private network: connections go to private addresses only, and plain http is taken. Without it they go to public ones only. An address written out in base_url, and localhost, need it not. Default false.")]
    public bool Private { get; init; }

    [RemoteOnly, Description("Remote: addresses or CIDR ranges that all addresses of the host must lie within, e.g. [10.20.0.0/16]. Default: anywhere that `private` allows.")]
    public IReadOnlyList<string> Networks { get; init; } = [];

    [RemoteOnly, Description("Remote: further headers of clients' requests that this API gets, e.g. [x-custom]. Default: only those that change its answer, such as OpenAI-Beta.")]
    public IReadOnlyList<string> PassHeaders { get; init; } = [];

    [Description("Where it processes and keeps what it is sent, and under whose law. A local one is where the node is, and needs no more than `weights`.")]
    public PlacementConfig? Placement { get; init; }

    [Description("What its tokens cost, for the ledger and for limits of money. Default nothing.")]
    public PriceConfig? Price { get; init; }
}

internal sealed record PriceConfig
{
    [Required, Pattern(CurrencyPattern, CurrencyInWords), Description("Currency, by ISO 4217, e.g. USD.")]
    public string Currency { get; init; } = "";

    [Required, Description("Price of a million tokens of prompts.")]
    public decimal Input { get; init; }

    [Description("Price of a million tokens of prompts that the API had in its cache. Default: as input.")]
    public decimal? CachedInput { get; init; }

    [Required, Description("Price of a million tokens of answers, reasoning included.")]
    public decimal Output { get; init; }

    public const string CurrencyPattern = "^[A-Z]{3}$";
    public const string CurrencyInWords = "three capital letters of ISO 4217, such as USD";
}

/// <summary>May be written as the path alone.</summary>
[Shorthand(nameof(Path))]
internal sealed record LoraConfig
{
    /// <summary>As written; after <see cref="ConfigLoader.Load"/> the full path of the file.</summary>
    [Required, Description("Path of the adapter's GGUF file, relative to the configuration file.")]
    public string Path { get; init; } = "";

    [Bounds(-10.0, 10.0), Description("Factor of what the adapter adds to the model's weights. Default 1.")]
    public double Scale { get; init; } = 1;
}

/// <summary>When a model in this process is loaded.</summary>
internal enum LoadTime
{
    Startup,

    [Word("first_use")]
    FirstUse,
}

/// <summary>What keeps a model of this gateway apart from it.</summary>
internal enum Isolation
{
    /// <summary>It runs in the gateway's process.</summary>
    None,

    /// <summary>It runs in a process of its own.</summary>
    Process,
}

/// <summary>What becomes of a text that is longer than its model takes.</summary>
internal enum OverlongInput
{
    /// <summary>A 400 that names it.</summary>
    Refuse,

    /// <summary>It is cut into overlapping windows, of which one vector or score is made.</summary>
    Window,
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

    [Description("Name of the plan whose limits hold for the tenant. Default none.")]
    public string? Plan { get; init; }

    [Description("Limits of the tenant, beside those of its plan: all hold.")]
    public QuotaConfig? Limits { get; init; }

    [Description("Where its days begin, for limits by day, week or month: a name of IANA's such as America/Sao_Paulo. Default UTC.")]
    public string TimeZone { get; init; } = "UTC";

    [Pattern(PriceConfig.CurrencyPattern, PriceConfig.CurrencyInWords), Description("Its currency, by ISO 4217: of its balance, and of limits of money that name none.")]
    public string? Currency { get; init; }

    [Description("`prepaid`: what the tenant uses must be paid ahead, by `gateway quotas top-up`. Default: nothing is paid ahead.")]
    public BalanceMode Balance { get; init; }

    [Description("The tenant's API keys, by hash.")]
    public IReadOnlyList<KeyConfig> Keys { get; init; } = [];

    [Description("Name of the policy that says where its data may go. Without one only local deployments answer.")]
    public string? Policy { get; init; }

    [Description("Bounds on keys that are made for the tenant at run time.")]
    public KeyPolicyConfig KeyPolicy { get; init; } = new();

    [Description("What becomes of its requests with personal data in them: the first rule that fits counts. Default: their class is raised.")]
    public IReadOnlyList<PrivacyRuleConfig> Privacy { get; init; } = [];
}

internal sealed record KeyPolicyConfig
{
    [Bounds("1m", "3650d"), Description("Longest time from now that a key may be good for, e.g. 90d; one that asks for no expiry gets this. Default: no bound.")]
    public TimeSpan? MaxLife { get; init; }

    [Bounds(1, 1_000_000), Description("Most keys that may be good at a time, without those that the file declares. Default: no bound.")]
    public int? MaxKeys { get; init; }
}

internal sealed record KeyConfig : ScopeConfig
{
    [Required, Pattern(Names.Plain, Names.PlainInWords), Description("Name of the key, for logs and lists.")]
    public string Name { get; init; } = "";

    /// <summary>As written; after <see cref="ConfigLoader.Load"/> in small letters.</summary>
    [Required, Pattern(Sha256Pattern, Sha256InWords), Description("SHA-256 of the key, 64 hexadecimal digits. `gateway keys generate` makes both.")]
    public string Sha256 { get; init; } = "";

    [Description("From when on the key is refused: a date (its beginning in UTC) or a time such as 2027-01-31T18:00:00Z. Default: never.")]
    public DateTimeOffset? Expires { get; init; }

    [Description("Limits of this key, beside those of its tenant: all hold.")]
    public QuotaConfig? Limits { get; init; }

    public const string Sha256Pattern = "^[0-9a-fA-F]{64}$";
    public const string Sha256InWords = "the key's SHA-256, 64 hexadecimal digits; `gateway keys generate` makes both";
}

/// <summary>What a credential may be used for; what is left out is not narrowed.</summary>
internal abstract record ScopeConfig
{
    [Description("Models that it may be used for, out of the tenant's. Default: all of the tenant's.")]
    public IReadOnlyList<string> Models { get; init; } = [];

    [Description("Endpoints that it may be used for: chat.completions, completions, embeddings, rerank, models, usage, tokenize, detokenize. Default: all.")]
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    [Description("Addresses or CIDR ranges that it may be used from. Default: all.")]
    public IReadOnlyList<string> Networks { get; init; } = [];

    [Description("Least data class of its requests, one of data_classes. Default the first of them.")]
    public string? DataClass { get; init; }
}

internal sealed record AdminConfig
{
    [Required, Pattern(Names.Plain, Names.PlainInWords), Description("Who it is, for the record of admin acts.")]
    public string Name { get; init; } = "";

    [Required, Description("viewer reads tenants, keys and usage; operator also manages keys; auditor reads the ledger and the acts; tenant-admin manages keys and reads usage of one tenant; admin does all.")]
    public AdminRole Role { get; init; }

    [Description("tenant-admin: whose keys and usage.")]
    public string? Tenant { get; init; }

    /// <summary>As written; after <see cref="ConfigLoader.Load"/> in small letters.</summary>
    [Required, Pattern(KeyConfig.Sha256Pattern, KeyConfig.Sha256InWords), Description("SHA-256 of the admin's key, 64 hexadecimal digits. `gateway keys generate` makes both.")]
    public string Sha256 { get; init; } = "";
}

internal sealed record JwtConfig : ScopeConfig
{
    [Required, Pattern(Names.Plain, Names.PlainInWords), Description("Name of the issuer, for logs and the record of admin acts.")]
    public string Name { get; init; } = "";

    [Required, Description("The issuer as the tokens' `iss` has it, to the letter: an https URL, or http on a private network.")]
    public string Issuer { get; init; } = "";

    [Required, Description("Audiences (`aud`) that tokens may be for; one of a token's must be among them.")]
    public IReadOnlyList<string> Audiences { get; init; } = [];

    [Description("Algorithms that tokens may be signed with. Default RS256 and ES256.")]
    public IReadOnlyList<JwtAlgorithm> Algorithms { get; init; } = [JwtAlgorithm.RS256, JwtAlgorithm.ES256];

    /// <summary>As written; after <see cref="ConfigLoader.Load"/> a file's path is a full one.</summary>
    [Description("Where the issuer's keys are: the URL of a JWKS, or the path of a file with one. Default: by discovery, at ISSUER/.well-known/openid-configuration.")]
    public string? Jwks { get; init; }

    [Description("Tenant of all tokens of this issuer. Default: tokens say, by tenant_claim.")]
    public string? Tenant { get; init; }

    [Pattern(ClaimPattern, ClaimInWords), Description("Claim that names the tenant. A name with dots also reaches into objects: realm_access.roles. Default tenant.")]
    public string TenantClaim { get; init; } = "tenant";

    [Description("What values of tenant_claim stand for. Default: the name of the tenant itself.")]
    public IReadOnlyList<JwtTenantConfig> Tenants { get; init; } = [];

    [Pattern(ClaimPattern, ClaimInWords), Description("Claim that names roles of the admin side. Default: tokens have none.")]
    public string? RoleClaim { get; init; }

    [Description("What values of role_claim stand for. Default: the role's own name, such as viewer.")]
    public IReadOnlyList<JwtRoleConfig> Roles { get; init; } = [];

    [Bounds("0s", "10m"), Description("How far the issuer's clock may be off. Default 60s.")]
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(60);

    private const string ClaimPattern = "^[!-~]{1,256}$";
    private const string ClaimInWords = "the name of a claim: 1 to 256 printable ASCII characters without spaces";
}

internal sealed record JwtTenantConfig
{
    [Required, Description("Value of the claim.")]
    public string Value { get; init; } = "";

    [Required, Description("Name of the tenant.")]
    public string Tenant { get; init; } = "";
}

internal sealed record JwtRoleConfig
{
    [Required, Description("Value of the claim.")]
    public string Value { get; init; } = "";

    [Required, Description("The role.")]
    public AdminRole Role { get; init; }
}

/// <summary>Signatures by asymmetric keys (RFC 7518, section 3.1). Others are not for tokens of somebody else: with HMAC whoever checks can sign.</summary>
internal enum JwtAlgorithm
{
    [Word("RS256")]
    RS256,

    [Word("RS384")]
    RS384,

    [Word("RS512")]
    RS512,

    [Word("PS256")]
    PS256,

    [Word("PS384")]
    PS384,

    [Word("PS512")]
    PS512,

    [Word("ES256")]
    ES256,

    [Word("ES384")]
    ES384,

    [Word("ES512")]
    ES512,
}
