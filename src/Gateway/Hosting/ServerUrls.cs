using System.Net;
using Gateway.Configuration;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Gateway.Hosting;

/// <summary>Where the gateway listens: the API where ASP.NET's usual settings say, else where the file says; administration on a port of its own.</summary>
internal static class ServerUrls
{
    public const string AdminVariable = "GATEWAY_ADMIN_URL";

    /// <summary>URLs for Kestrel; the last is administration's.</summary>
    /// <exception cref="StartupException">They are no addresses, or both would listen on one port.</exception>
    public static IReadOnlyList<string> Resolve(IConfiguration configuration, ListenConfig listen)
    {
        if (configuration.GetSection("Kestrel:Endpoints").GetChildren().Any())
        {
            // They would take the place of both, and of the border between them.
            throw new StartupException($"Kestrel:Endpoints is not supported. Set the API's address by --urls or `listen.api`, administration's by {AdminVariable} or `listen.admin`.");
        }

        var admin = configuration[AdminVariable] ?? ToUrl(listen.Admin);
        var api = ResolveApi(configuration, listen);
        return api.FirstOrDefault(url => PortOf(url) == PortOf(admin) && PortOf(url) != 0) is { } taken
            ? throw new StartupException(
                $"The API ({taken}) and administration ({admin}) need ports of their own. Set `listen.admin` in the configuration, or {AdminVariable}.")
            : [.. api, admin];
    }

    /// <summary>Port of administration, once the server listens; -1 before.</summary>
    public static int AdminPort(IServer server) =>
        server.Features.Get<IServerAddressesFeature>()?.Addresses.LastOrDefault() is { } url ? PortOf(url) : -1;

    // --urls and ASPNETCORE_URLS first, as in ASP.NET. PORT, which hosting platforms set, goes before the ports that ASP.NET's container images
    // always set.
    private static string[] ResolveApi(IConfiguration configuration, ListenConfig listen)
    {
        if (configuration[WebHostDefaults.ServerUrlsKey] is { Length: > 0 } urls)
        {
            return urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }

        if (configuration["PORT"] is { Length: > 0 } port)
        {
            // Outside of a container a port alone does not open the gateway to the network.
            var host = string.Equals(configuration["DOTNET_RUNNING_IN_CONTAINER"], "true", StringComparison.OrdinalIgnoreCase) ? "*" : HostOf(listen.Api);
            return [$"http://{host}:{port}"];
        }

        if (configuration[WebHostDefaults.HttpPortsKey] is { Length: > 0 } ports)
        {
            return [.. ports.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(p => $"http://*:{p}")];
        }

        return [ToUrl(listen.Api)];
    }

    private static string ToUrl(string address) => $"http://{address}";

    private static string HostOf(string address) => address[..address.LastIndexOf(':')];

    private static int PortOf(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);

            // It takes a port that is no number for a part of the host.
            if (address.IsUnixPipe || address.IsNamedPipe
                || (address.Port is >= 0 and <= 65535 && IsListenable(address.Host)))
            {
                return address.Port;
            }
        }
        catch (FormatException)
        {
            // Told below, like what it lets pass.
        }

        throw new StartupException($"'{url}' is no address to listen on. Write http://ADDRESS:PORT, with localhost, an IP address, or * for all.");
    }

    // Kestrel takes any other name for every address of the machine.
    private static bool IsListenable(string host) =>
        host is "*" or "+" || string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host, out _);
}
