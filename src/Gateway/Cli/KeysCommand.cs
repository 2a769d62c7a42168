using System.CommandLine;
using Gateway.Tenants;

namespace Gateway.Cli;

/// <summary><c>gateway keys generate</c>: a new key, and what to write into the configuration.</summary>
internal static class KeysCommand
{
    public static Command Create()
    {
        var generate = new Command("generate", "Makes a key. It is shown once; the configuration holds its hash only.");
        generate.SetAction(_ =>
        {
            var key = ApiKey.Generate();
            Console.Out.WriteLine($"key:    {key}");
            Console.Out.WriteLine($"sha256: {KeyHash.Of(key)}");
        });
        return new Command("keys", "API keys.") { generate };
    }
}
