using Microsoft.Extensions.Logging.Abstractions;

// Models compute on every core they are given; side by side they would only slow each other down.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Gateway.Llama.Tests;

/// <summary>Model files: those of the repository, and the shared test data beside it.</summary>
internal static class TestModels
{
    public static string Shared { get; } = Repository.PathOf("../shared/models");

    public static string Smol { get; } = Repository.PathOf("src/Gateway/models/SmolLM2-135M-Instruct-Q4_1.gguf");

    public static string Embedding { get; } = Repository.PathOf("src/Gateway/models/multilingual-e5-small-Q4_0.gguf");

    public static string Tiny(string name) => Path.Combine(Shared, "tiny", name);

    public static Task<LlamaEngine> LoadAsync(string path, Func<LlamaEngineOptions, LlamaEngineOptions>? configure = null)
    {
        // As the reference output was made. A second thread would also wait for the first in a spin, minutes long on a busy machine.
        var options = new LlamaEngineOptions { ModelPath = path, ContextLength = 1024, Threads = 1 };
        return LlamaEngine.LoadAsync(configure is null ? options : configure(options), NullLoggerFactory.Instance, null, CancellationToken.None);
    }
}

/// <summary>A test that needs the shared test data; skipped where that is not there.</summary>
public sealed class SharedFactAttribute : FactAttribute
{
    public SharedFactAttribute() => Skip = SharedData.Missing;
}

/// <inheritdoc cref="SharedFactAttribute"/>
public sealed class SharedTheoryAttribute : TheoryAttribute
{
    public SharedTheoryAttribute() => Skip = SharedData.Missing;
}

internal static class SharedData
{
    public static string? Missing { get; } = File.Exists(TestModels.Tiny("reference.json"))
        ? null
        : "The shared test data (../shared/models/tiny beside the repository) is not here.";
}
