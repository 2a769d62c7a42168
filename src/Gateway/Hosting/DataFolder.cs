namespace Gateway.Hosting;

/// <summary>Where the gateway keeps its state: <c>GATEWAY_DATA_DIR</c>, else the platform's usual place for a user's data.</summary>
internal static class DataFolder
{
    public const string Variable = "GATEWAY_DATA_DIR";

    public static string Find(string? fromEnvironment)
    {
        if (!string.IsNullOrEmpty(fromEnvironment))
        {
            return Path.GetFullPath(fromEnvironment);
        }

        var usual = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return Path.Combine(usual.Length > 0 ? usual : Path.GetTempPath(), "gateway");
    }
}
