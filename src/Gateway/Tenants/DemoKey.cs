using Gateway.Hosting;

namespace Gateway.Tenants;

/// <summary>
/// The keys of the demonstration, its tenant's and its admin's: those of the environment, else the ones made at the first start and kept, readable by their
/// owner only, in the data folder.
/// </summary>
/// <param name="Value">The key.</param>
/// <param name="Origin">Where it comes from, for the person who starts the gateway.</param>
internal sealed record DemoKey(string Value, string Origin)
{
    public const string Variable = "GATEWAY_DEMO_KEY";

    public const string AdminVariable = "GATEWAY_DEMO_ADMIN_KEY";

    private const string FileName = "demo-key";
    private const string AdminFileName = "demo-admin-key";

    /// <summary>The tenant's.</summary>
    /// <exception cref="StartupException">The variable holds something that no client could send.</exception>
    public static DemoKey Get(string? fromEnvironment, string dataFolder) => Get(Variable, fromEnvironment, Path.Combine(dataFolder, FileName));

    /// <summary>The admin's.</summary>
    /// <exception cref="StartupException">The variable holds something that no client could send.</exception>
    public static DemoKey GetAdmin(string? fromEnvironment, string dataFolder) => Get(AdminVariable, fromEnvironment, Path.Combine(dataFolder, AdminFileName));

    private static DemoKey Get(string variable, string? fromEnvironment, string path)
    {
        if (!string.IsNullOrEmpty(fromEnvironment))
        {
            return IsSendable(fromEnvironment)
                ? new DemoKey(fromEnvironment, $"from {variable}")
                : throw new StartupException($"{variable} must be 1 to 200 printable ASCII characters without spaces.");
        }

        var folder = Path.GetDirectoryName(path)!;
        try
        {
            if (File.Exists(path) && File.ReadAllText(path).Trim() is { } kept && IsSendable(kept))
            {
                return new DemoKey(kept, $"kept in {path}");
            }

            var key = ApiKey.Generate();
            Directory.CreateDirectory(folder);
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
            return new DemoKey(ApiKey.Generate(), $"for this run only: {folder} cannot be written; set {DataFolder.Variable} or {variable}");
        }
    }

    private static bool IsSendable(string key) => key.Length is > 0 and <= 200 && key.All(c => c is > ' ' and <= '~');
}
