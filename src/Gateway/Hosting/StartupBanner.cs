using System.Text;
using Gateway.Configuration;
using Gateway.Engine;
using Gateway.Llama;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Gateway.Hosting;

/// <summary>Tells the person who started the gateway what is served, where, and a first call to paste; or why a model cannot be served, and ends.</summary>
internal sealed partial class StartupBanner(
    StartupConfig source, EngineHost engines, IServer server, IHostApplicationLifetime lifetime, ILogger<StartupBanner> logger) : BackgroundService
{
    private readonly ILogger _logger = logger;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.UnsafeRegister(static s => ((TaskCompletionSource)s!).SetResult(), started);
        await started.Task.WaitAsync(stoppingToken);
        foreach (var warning in source.Loaded?.Warnings ?? [])
        {
            LogWarning(warning.ToString());
        }

        try
        {
            await engines.AllLoadedAsync().WaitAsync(stoppingToken);
        }
        catch (LlamaLoadException e)
        {
            LogCannotServe(e.Message);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
            return;
        }

        await Console.Out.WriteAsync(Describe());
    }

    private string Describe()
    {
        var addresses = server.Features.Get<IServerAddressesFeature>()!.Addresses.ToList();
        var api = Reachable(addresses[0]);
        var model = source.Config.Models.Count > 0 ? source.Config.Models[0].Name : "MODEL";
        var text = new StringBuilder().AppendLine().AppendLine("  The gateway is ready.").AppendLine();
        text.AppendLine($"  API      {string.Join("  ", addresses.SkipLast(1).Select(a => a + "/v1"))}");
        text.AppendLine($"  Admin    {addresses[^1]}/metrics  {addresses[^1]}/admin/v1");
        text.AppendLine($"  Config   {(source.Loaded is null ? "none: the shipped models for the tenant " + DefaultConfig.TenantName : Path.GetFullPath(source.Loaded.File))}");
        foreach (var served in source.Config.Models)
        {
            text.AppendLine($"  Model    {served.Name}  ({string.Join(", ", served.Deployments.Select(Describe))})");
        }

        if (source.DemoKey is { } key)
        {
            text.AppendLine($"  Key      {key.Value}  ({key.Origin})");
        }

        if (source.DemoAdminKey is { } adminKey)
        {
            text.AppendLine($"  Admin key {adminKey.Value}  ({adminKey.Origin})");
        }

        text.AppendLine().AppendLine("  Try it:").AppendLine();
        text.AppendLine($"  curl {api}/v1/chat/completions -H 'Authorization: Bearer {source.DemoKey?.Value ?? "YOUR_KEY"}' -H 'Content-Type: application/json' \\");
        text.AppendLine($$$"""    -d '{"model":"{{{model}}}","messages":[{"role":"user","content":"What is the capital of Peru?"}],"temperature":0}'""");
        return text.AppendLine().ToString();
    }

    private string Describe(ModelDeploymentConfig reference)
    {
        var deployment = source.Config.Deployments.First(d => string.Equals(d.Name, reference.Name, StringComparison.Ordinal));
        return deployment.Kind == DeploymentKind.Local
            ? $"{deployment.Name}: in {(deployment.Isolation == Isolation.Process ? "a process of its own" : "this process")}, {string.Join(" + ", deployment.Lora.Select(a => a.Path).Prepend(deployment.Path).Select(Path.GetFileName))}, {StateOf(deployment)}"
            : $"{deployment.Name}: {deployment.BaseUrl}";
    }

    private string StateOf(DeploymentConfig deployment) =>
        engines.Handles.Any(h => string.Equals(h.Deployment, deployment.Name, StringComparison.Ordinal) && h.Loaded is not null) ? "loaded" : "loads at first use";

    // An address that listens everywhere is none to call.
    private static string Reachable(string address) =>
        address.Replace("//[::]:", "//127.0.0.1:", StringComparison.Ordinal)
            .Replace("//0.0.0.0:", "//127.0.0.1:", StringComparison.Ordinal)
            .Replace("//*:", "//127.0.0.1:", StringComparison.Ordinal)
            .Replace("//+:", "//127.0.0.1:", StringComparison.Ordinal);

    [LoggerMessage(EventId = 3000, Level = LogLevel.Warning, Message = "{Warning}")]
    private partial void LogWarning(string warning);

    [LoggerMessage(EventId = 3001, Level = LogLevel.Critical, Message = "The gateway cannot serve: {Reason}")]
    private partial void LogCannotServe(string reason);
}
