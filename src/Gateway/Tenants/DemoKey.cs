using Gateway.Hosting;

namespace Gateway.Tenants;

/// <summary>
/// The key of the demonstration tenant: <c>GATEWAY_DEMO_KEY</c>, else the one made at the first start and kept, readable by its owner only, in the data folder.
/// </summary>
/// <param name="Value">The key.</param>
/// <param name="Origin">Where it comes from, for the person who starts the gateway.</param>
internal sealed record DemoKey(string Value, string Origin)
{
    public const string Variable = "GATEWAY_DEMO_KEY";

    private const string FileName = "demo-key";

    /// <exception cref="StartupException">The variable holds something that no client could send.</exception>
    public static DemoKey Get(string? fromEnvironment, string dataFolder)
    {
        if (!string.IsNullOrEmpty(fromEnvironment))
        {
            return IsSendable(fromEnvironment)
                ? new DemoKey(fromEnvironment, $"from {Variable}")
                : throw new StartupException($"{Variable} must be 1 to 200 printable ASCII characters without spaces.");
        }

        var path = Path.Combine(dataFolder, FileName);
        try
        {
            if (File.Exists(path) && File.ReadAllText(path).Trim() is { } kept && IsSendable(kept))
            {
                return new DemoKey(kept, $"kept in {path}");
            }

            var key = ApiKey.Generate();
            Directory.CreateDirectory(dataFolder);
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            // The mode is given to a new file only; one that was there may be open to others.
            File.Delete(path);
            using var file = new StreamWriter(path, options);
            file.WriteLine(key);
            return new DemoKey(key, $"made now, kept in {path}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A read-only container still serves; the key lasts as long as the process.
            return new DemoKey(ApiKey.Generate(), $"for this run only: {dataFolder} cannot be written; set {DataFolder.Variable} or {Variable}");
        }
    }

    private static bool IsSendable(string key) => key.Length is > 0 and <= 200 && key.All(c => c is > ' ' and <= '~');
}
