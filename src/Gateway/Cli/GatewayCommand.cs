using System.CommandLine;
using Gateway.Hosting;

namespace Gateway.Cli;

/// <summary>The command line: <c>gateway</c> serves; its subcommands help to operate it.</summary>
internal static class GatewayCommand
{
    private static readonly Option<string?> Config = new("--config")
    {
        Description = $"The configuration file. Default: {GatewayHost.ConfigVariable}, else ./{GatewayHost.DefaultConfigFile} if it is there, else the shipped model for a demonstration tenant.",
        HelpName = "FILE",
    };

    private static readonly Option<string?> Urls = new("--urls") { Description = "Where the API listens, for example http://127.0.0.1:8080.", HelpName = "URLS" };

    public static Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("Serves the OpenAI API from open models in this process and from other APIs.")
        {
            Config, Urls, CheckCommand.Create(), SchemaCommand.Create(), KeysCommand.Create(), UsageCommand.Create(), QuotasCommand.Create(), ExplainCommand.Create(),
            WhatIfCommand.Create(), PolicyCommand.Create(), DetectCommand.Create(), ModelsCommand.Create(), HealthCommand.Create(),
        };

        // Any setting of ASP.NET can be given as --Key=Value or --Key Value.
        root.TreatUnmatchedTokensAsErrors = false;
        root.SetAction((result, _) => ServeAsync(args, result));
        return CommandRunner.RunAsync(root, args);
    }

    private static async Task<int> ServeAsync(string[] args, ParseResult result)
    {
        if (result.UnmatchedTokens is [var first, ..] && !first.StartsWith("--", StringComparison.Ordinal))
        {
            await Console.Error.WriteLineAsync($"gateway: '{first}' is no command. Try --help.");
            return ExitCode.Usage;
        }

        try
        {
            await using var app = await GatewayHost.CreateAsync(args, result.GetValue(Config));
            await app.RunAsync();
            return Environment.ExitCode;
        }
        catch (StartupException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return ExitCode.Failed;
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await Console.Error.WriteLineAsync(
                $"{e.Message} Give the API another address by --urls or `listen.api`, administration by {ServerUrls.AdminVariable} or `listen.admin`.");
            return ExitCode.Failed;
        }
    }
}
