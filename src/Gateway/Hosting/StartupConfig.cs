using Gateway.Configuration;
using Gateway.Tenants;

namespace Gateway.Hosting;

/// <summary>The configuration that the gateway starts with, and where it came from: a file, or none and the demonstration's keys.</summary>
internal sealed record StartupConfig(GatewayConfig Config, LoadResult? Loaded, DemoKey? DemoKey = null, DemoKey? DemoAdminKey = null)
{
    /// <param name="path">The file; null takes <c>gateway.yaml</c> of the working directory, if there is one.</param>
    /// <param name="settings">The process's settings, for the demonstration tenant.</param>
    /// <exception cref="StartupException">The file has errors; the message lists them all.</exception>
    public static StartupConfig Load(string? path, IConfiguration settings)
    {
        if (path is null && !File.Exists(GatewayHost.DefaultConfigFile))
        {
            var folder = DataFolder.Find(settings[DataFolder.Variable]);
            var key = DemoKey.Get(settings[DemoKey.Variable], folder);
            var admin = DemoKey.GetAdmin(settings[DemoKey.AdminVariable], folder);
            return string.Equals(key.Value, admin.Value, StringComparison.Ordinal)
                ? throw new StartupException($"{DemoKey.Variable} and {DemoKey.AdminVariable} must differ.")
                : new(DefaultConfig.Create(KeyHash.Of(key.Value).ToString(), KeyHash.Of(admin.Value).ToString()), Loaded: null, key, admin);
        }

        var loaded = ConfigLoader.Load(path ?? GatewayHost.DefaultConfigFile);
        return loaded.Success
            ? new(loaded.Config, loaded)
            : throw new StartupException(string.Join('\n', loaded.Errors));
    }
}
