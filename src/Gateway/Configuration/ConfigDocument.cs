namespace Gateway.Configuration;

/// <summary>The file as it was read: finds the line of a key, so that whoever judges a value needs to know its path only.</summary>
/// <param name="file">The file as the caller named it.</param>
/// <param name="root">The mapping that the file is.</param>
internal sealed class ConfigDocument(string file, ConfigNode root)
{
    public string File { get; } = file;

    /// <summary>What relative paths in the file are relative to.</summary>
    public string Folder { get; } = Path.GetDirectoryName(Path.GetFullPath(file))!;

    public ConfigNode Root { get; } = root;

    /// <summary>Where this key stands or, when it is not there, what would hold it.</summary>
    public ConfigPosition Locate(string key) => Walk(key, out _);

    public bool Contains(string key)
    {
        Walk(key, out var found);
        return found;
    }

    /// <summary>The path of a key in its parent: <c>models[0].name</c>.</summary>
    public static string Join(string parent, string key) => parent.Length == 0 || key.StartsWith('[') ? parent + key : $"{parent}.{key}";

    /// <summary>The path without its last step; null for the root.</summary>
    public static string? Parent(string key) => key.Length == 0 ? null : key[..Math.Max(0, key.LastIndexOfAny(['.', '[']))];

    private ConfigPosition Walk(string key, out bool found)
    {
        var (node, position) = (Root, Root.Position);
        foreach (var step in Steps(key))
        {
            if ((node as ConfigCollection)?.Find(step) is not { } entry)
            {
                found = false;
                return position;
            }

            (node, position) = (entry.Value, entry.Position);
        }

        found = true;
        return position;
    }

    private static string[] Steps(string key) =>
        key.Replace("[", ".[", StringComparison.Ordinal).Split('.', StringSplitOptions.RemoveEmptyEntries);
}
