namespace Gateway.Tests;

/// <summary>Files of the source tree, wherever it is checked out.</summary>
internal static class Repository
{
    private static readonly string Root = Find();

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("The tests run inside the source tree: no Gateway.sln above " + AppContext.BaseDirectory);
    }
}
