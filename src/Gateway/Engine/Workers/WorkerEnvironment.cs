namespace Gateway.Engine.Workers;

/// <summary>What a worker gets of the gateway's environment: what .NET and libllama read, and nothing that could be a secret.</summary>
internal static class WorkerEnvironment
{
    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        "PATH", "HOME", "TMPDIR", "TMP", "TEMP", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ", "SYSTEMROOT", "WINDIR",
        "DOTNET_ROOT", "DOTNET_ROOT_X64", "DOTNET_ROOT_ARM64", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "DOTNET_RUNNING_IN_CONTAINER", "DOTNET_EnableDiagnostics",
        "DOTNET_PROCESSOR_COUNT", "DOTNET_BUNDLE_EXTRACT_BASE_DIR", "DOTNET_TieredPGO", "DOTNET_TieredCompilation",
    };

    private static readonly string[] Prefixes =
        ["DOTNET_GC", "COMPlus_GC", "GGML_", "CUDA_", "NVIDIA_", "HIP_", "ROCR_", "HSA_", "VK_", "OMP_", "KMP_", "GOMP_"];

    /// <summary>Takes all else out of an environment.</summary>
    public static void Narrow(IDictionary<string, string?> environment)
    {
        foreach (var name in environment.Keys.ToList())
        {
            if (!Names.Contains(name) && !Prefixes.Any(p => name.StartsWith(p, StringComparison.OrdinalIgnoreCase)))
            {
                environment.Remove(name);
            }
        }

        // A failed assertion is to say what it is, not to start a debugger.
        environment["GGML_NO_BACKTRACE"] = "1";

        // The runtime's doors for debuggers are files that a process which is ended leaves behind.
        environment.TryAdd("DOTNET_EnableDiagnostics", "0");
    }
}
