using System.CommandLine;

namespace Gateway.Cli;

/// <summary><c>gateway health</c>: asks a running gateway whether it is ready; for container images, which have no curl.</summary>
internal static class HealthCommand
{
    public static Command Create()
    {
        var url = new Argument<string>("url") { Description = "Base URL of the gateway.", DefaultValueFactory = _ => "http://127.0.0.1:8080" };
        url.Validators.Add(result =>
        {
            if (!Uri.TryCreate(result.GetValueOrDefault<string>(), UriKind.Absolute, out _))
            {
                result.AddError("The URL must be whole, such as http://127.0.0.1:8080.");
            }
        });
        var command = new Command("health", "Exit code 0 when the gateway at the URL is ready, 1 when it is not.") { url };
        command.SetAction((result, cancellationToken) => CheckAsync(new Uri(result.GetValue(url)!), cancellationToken));
        return command;
    }

    private static async Task<int> CheckAsync(Uri url, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler { UseProxy = false };
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            using var response = await client.GetAsync(new Uri(url, "/readyz"), cancellationToken);
            await Console.Out.WriteAsync(await response.Content.ReadAsStringAsync(cancellationToken));
            return response.IsSuccessStatusCode ? ExitCode.Ok : ExitCode.Failed;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync($"{url} does not answer.");
            return ExitCode.Failed;
        }
    }
}
