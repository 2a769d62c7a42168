namespace Gateway.Tests.Testing;

/// <summary>Model files of the test data beside the repository.</summary>
internal static class SharedModels
{
    public static string? Missing { get; } = File.Exists(Tiny("reference.json"))
        ? null
        : "The shared test data (../shared/models/tiny beside the repository) is not here.";

    public static string Tiny(string name) => Repository.PathOf("../shared/models/tiny/" + name);
}

/// <summary>A test that needs the shared test data; skipped where that is not there.</summary>
public sealed class SharedFactAttribute : FactAttribute
{
    public SharedFactAttribute() => Skip = SharedModels.Missing;
}

/// <inheritdoc cref="SharedFactAttribute"/>
public sealed class SharedTheoryAttribute : TheoryAttribute
{
    public SharedTheoryAttribute() => Skip = SharedModels.Missing;
}
