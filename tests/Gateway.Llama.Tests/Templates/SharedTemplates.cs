namespace Gateway.Llama.Tests.Templates;

/// <summary>The templates of published models with what Python renders for them; they lie beside the repository, not in it.</summary>
internal static class SharedTemplates
{
    public static string? Folder { get; } = FindFolder();

    public static IEnumerable<string> Names => Folder is null
        ? []
        : Directory.EnumerateFiles(Folder, "*.json").Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal);

    public static string TemplatePath(string name) => Path.Combine(Folder!, name + ".jinja");

    public static string CasesPath(string name) => Path.Combine(Folder!, name + ".json");

    private static string? FindFolder()
    {
        var templates = Repository.PathOf("../shared/templates");
        return Directory.Exists(templates) ? templates : null;
    }
}

/// <summary>A test that needs the shared templates.</summary>
public sealed class SharedTemplatesTheoryAttribute : TheoryAttribute
{
    public SharedTemplatesTheoryAttribute()
    {
        if (SharedTemplates.Folder is null)
        {
            Skip = "../shared/templates is not there";
        }
    }
}
