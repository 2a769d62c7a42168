using System.CommandLine;
using System.Text.Json;
using Gateway.Admin;
using Gateway.Configuration;
using Gateway.Hosting;
using Gateway.Quotas;
using Gateway.Residency;
using Gateway.Residency.Guard;
using Gateway.Stores;
using Gateway.Tenants;
using Gateway.Tenants.Jwt;
using Gateway.Tenants.Keys;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Cli;

/// <summary>What a command works with that acts on the store of a configuration: who may read its files is admin.</summary>
internal sealed class StoreSession : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Indented = new(AdminJson.Options) { WriteIndented = true, NewLine = "\n" };

    private readonly InvocationConfiguration _console;
    private readonly bool _json;

    private StoreSession(StartupConfig source, Store store, TimeProvider time, InvocationConfiguration console, bool json)
    {
        (Store, _console, _json, Now) = (store, console, json, time.GetUtcNow());
        Keys = new KeyOperations(new KeyStore(store, new AdminActStore(store, time)), time);

        Balances = new BalanceOperations(new BalanceStore(store, new AdminActStore(store, time)), time);
        Config = source.Config;

        // Tokens are of no use here.
        var connector = new GuardedConnector((_, _) => Task.FromResult<System.Net.IPAddress[]>([]), NullLogger<GuardedConnector>.Instance);
        using var issuers = new JwtIssuers(connector, time, NullLogger<SigningKeys>.Instance);
        var who = new AdminIdentity($"cli:{Environment.UserName}", [AdminRole.Admin], Tenant: null);
        Caller = new AdminCaller(new AdminGrant(who, AdminRole.Admin, Tenant: null), AccessModel.Of(source.Config, new ResidencyModel(source.Config), issuers.Build(source.Config)), RequestId: null);
    }

    public Store Store { get; }

    public KeyOperations Keys { get; }

    public BalanceOperations Balances { get; }

    /// <summary>The configuration.</summary>
    public GatewayConfig Config { get; }

    public AdminCaller Caller { get; }

    public DateTimeOffset Now { get; }

    public bool Json => _json;

    public TextWriter Output => _console.Output;

    /// <param name="configPath">The file; null takes the usual one, as a gateway would.</param>
    /// <param name="console">Where output goes.</param>
    /// <param name="json">Whether that is JSON.</param>
    /// <exception cref="StartupException">The configuration has errors.</exception>
    public static StoreSession Open(string? configPath, InvocationConfiguration console, bool json)
    {
        var settings = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        var source = StartupConfig.Load(configPath ?? settings[GatewayHost.ConfigVariable], settings);
        var time = TimeProvider.System;
        return new StoreSession(source, Store.Create(source.Config.Store, DataFolder.Find(settings[DataFolder.Variable]), time), time, console, json);
    }

    /// <summary>Writes a result.</summary>
    public int Write<T>(T value, Func<T, string> text)
    {
        _console.Output.WriteLine(_json ? JsonSerializer.Serialize(value, Indented) : text(value));
        return ExitCode.Ok;
    }

    /// <summary>Tells of a failure that was to be expected.</summary>
    public int Fail(string message)
    {
        _console.Error.WriteLine(message);
        return ExitCode.Failed;
    }

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}

internal static class StoreCommand
{
    /// <summary>Gives a command the options and the action of one that works on the store.</summary>
    public static Command OnStore(this Command command, Func<ParseResult, StoreSession, CancellationToken, Task<int>> run)
    {
        var config = new Option<string?>("--config") { Description = $"The configuration file. Default: {GatewayHost.ConfigVariable}, else ./{GatewayHost.DefaultConfigFile}.", HelpName = "FILE" };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        command.Options.Add(config);
        command.Options.Add(json);
        command.SetAction(async (parse, cancellationToken) =>
        {
            var console = parse.InvocationConfiguration;
            try
            {
                await using var session = StoreSession.Open(parse.GetValue(config), console, parse.GetValue(json));
                return await run(parse, session, cancellationToken);
            }
            catch (StartupException e)
            {
                await console.Error.WriteLineAsync(e.Message);
                return ExitCode.Failed;
            }
            catch (StoreSchemaException e)
            {
                await console.Error.WriteLineAsync(e.Message);
                return ExitCode.Failed;
            }
            catch (Exception e) when (StoreError.From(e) is { } error)
            {
                await console.Error.WriteLineAsync($"The store is not available: {error.Reason}.");
                return ExitCode.Failed;
            }
        });
        return command;
    }
}
