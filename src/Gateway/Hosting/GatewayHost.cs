using System.Net;
using System.Text;
using Gateway.Admin;
using Gateway.Configuration;
using Gateway.Engine;
using Gateway.Ledger;
using Gateway.Providers;
using Gateway.Quotas;
using Gateway.Residency.Guard;
using Gateway.Routing;
using Gateway.Stores;
using Gateway.Telemetry;
using Gateway.Tenants;
using Gateway.Tenants.Jwt;
using Gateway.Tenants.Keys;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;

namespace Gateway.Hosting;

/// <summary>Puts the service together.</summary>
internal static class GatewayHost
{
    /// <summary>Name of the file that is read when none is given.</summary>
    public const string DefaultConfigFile = "gateway.yaml";

    public const string ConfigVariable = "GATEWAY_CONFIG";

    /// <summary>Makes the service with its first configuration in force; it does not listen yet.</summary>
    /// <param name="args">Arguments for ASP.NET's configuration, such as <c>--urls</c>.</param>
    /// <param name="configPath">The configuration file; null looks for the usual one, and goes without if there is none.</param>
    /// <param name="configure">Adds to the services, or puts others in their place; comes last.</param>
    /// <exception cref="StartupException">The configuration has errors, or the store is of a newer gateway.</exception>
    public static async Task<WebApplication> CreateAsync(string[] args, string? configPath, Action<IServiceCollection>? configure = null)
    {
        // The gateway's own folder: what stands in a user's working directory is not ASP.NET's to read.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Insert(0, new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource { InitialData = LogLevels });
        builder.Logging.AddSimpleConsole(o => (o.SingleLine, o.TimestampFormat, o.UseUtcTimestamp) = (true, "yyyy-MM-ddTHH:mm:ssZ ", true));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // The Request stage bounds bodies, by a limit that may change while the gateway runs.
            kestrel.Limits.MaxRequestBodySize = null;

            // A byte of a header is a character and back again, so that headers pass as they came, in whatever encoding.
            kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        });

        var source = StartupConfig.Load(configPath ?? builder.Configuration[ConfigVariable], builder.Configuration);
        AddServices(builder.Services, source, DataFolder.Find(builder.Configuration[DataFolder.Variable]));
        configure?.Invoke(builder.Services);

        var app = builder.Build();
        foreach (var url in ServerUrls.Resolve(app.Configuration, source.Config.Listen))
        {
            app.Urls.Add(url);
        }

        await app.Services.GetRequiredService<StoreStart>().RunAsync();
        app.MapGateway();
        app.Services.GetRequiredService<EngineMetrics>();
        app.Services.GetRequiredService<EngineTenantMetrics>();
        app.Services.GetRequiredService<LedgerMetrics>();
        app.Services.GetRequiredService<QuotaMetrics>();
        await app.Services.GetRequiredService<GatewayLoader>().ApplyAsync(source.Config, awaitEngines: false);
        return app;
    }

    private static readonly Dictionary<string, string?> LogLevels = new(StringComparer.Ordinal)
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",

        // libllama warns of settings that are ours, and tells the whole of a model's metadata.
        ["Logging:LogLevel:Gateway.Llama.Native"] = "Error",

        // Would make an Activity and a log scope for every request; failures are logged by ErrorMiddleware.
        ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "None",

        // YARP tells each request and its target at Information.
        ["Logging:LogLevel:Yarp"] = "Warning",
    };

    private static void AddServices(IServiceCollection services, StartupConfig source, string dataFolder)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(source);
        services.AddSingleton(p => Store.Create(source.Config.Store, dataFolder, p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<StoreStart>();
        services.AddLedger();
        services.AddQuotas(source.Config.Redis);
        services.AddSingleton<GatewayState>();
        services.AddSingleton<GatewayLoader>();
        services.AddSingleton<GatewayModelBuilder>();
        services.AddSingleton<Authenticator>();
        services.AddAdmin();
        services.AddSingleton<KeyStore>();
        services.AddSingleton<KeyDirectory>();
        services.AddSingleton<KeyRefresh>();
        services.AddSingleton<KeyOperations>();
        services.AddSingleton<JwtIssuers>();
        services.AddSingleton<TokenValidator>();
        services.AddSingleton<EngineHost>();
        services.AddSingleton<HostResolver>(Dns.GetHostAddressesAsync);
        services.AddSingleton<GuardedConnector>();
        services.AddSingleton<UpstreamTransformer>();
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<PrivacyMetrics>();
        services.AddSingleton<EngineMetrics>();
        services.AddSingleton<EngineTenantMetrics>();
        services.AddSingleton<LedgerMetrics>();
        services.AddGatewayMetrics(GatewayMetrics.MeterName);

        services.AddReverseProxy();

        // YARP brings ASP.NET's data protection for session affinity, which is not used here; its start would write keys to the user's home.
        services.Remove(services.Single(s => s.ImplementationType?.Name == "DataProtectionHostedService"));
        services.AddSingleton<ClusterConfigProvider>();
        services.AddSingleton<IProxyConfigProvider>(p => p.GetRequiredService<ClusterConfigProvider>());
        services.AddSingleton<IConfigChangeListener>(p => p.GetRequiredService<ClusterConfigProvider>());
        services.AddSingleton<ILoadBalancingPolicy, WeightedLoadBalancingPolicy>();
        services.AddSingleton<IPassiveHealthCheckPolicy, DeploymentHealthPolicy>();
        services.AddSingleton<IForwarderHttpClientFactory, UpstreamClientFactory>();

        services.AddHostedService(p => p.GetRequiredService<KeyRefresh>());
        services.AddHostedService<StartupBanner>();
        if (source.Loaded is { } loaded)
        {
            services.AddHostedService(p => new ConfigWatcher(
                loaded,
                (result, cancellationToken) => p.GetRequiredService<GatewayLoader>().ApplyAsync(result.Config!, awaitEngines: true, cancellationToken),
                p.GetRequiredService<TimeProvider>(),
                p.GetRequiredService<ILogger<ConfigWatcher>>()));
        }
    }
}
