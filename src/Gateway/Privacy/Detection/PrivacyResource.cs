namespace Gateway.Privacy.Detection;

/// <summary>The tables that lie beside this code as text.</summary>
internal static class PrivacyResource
{
    public static IEnumerable<string> Lines(string name)
    {
        using var stream = typeof(PrivacyResource).Assembly.GetManifestResourceStream("privacy/" + name)
            ?? throw new InvalidOperationException($"The assembly has no resource privacy/{name}.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0)
            {
                yield return line;
            }
        }
    }
}
