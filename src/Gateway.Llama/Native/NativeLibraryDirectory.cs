using System.Runtime.InteropServices;

namespace LLama.Native;

/// <summary>
/// Finds libllama and its parts beside the service. The files carry the release in their names (libllama.v0.5.0.so), so they are looked
/// up and loaded by full path; the search path of the process is never used.
/// </summary>
internal static class NativeLibraryDirectory
{
    private static readonly Lazy<nint> Llama = new(() => Load("llama"));
    private static readonly Lazy<nint> Ggml = new(() => Load("ggml"));

    /// <summary>Folder that holds the shared libraries.</summary>
    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "runtimes", "llama");

    public static nint Resolve(string libraryName) => libraryName switch
    {
        NativeApi.LibraryName => Llama.Value,
        NativeApi.GgmlLibraryName => Ggml.Value,
        _ => 0,
    };

    private static nint Load(string name)
    {
        var prefix = OperatingSystem.IsWindows() ? name : "lib" + name;
        var suffix = OperatingSystem.IsWindows() ? ".dll" : OperatingSystem.IsMacOS() ? ".dylib" : ".so";
        if (Directory.Exists(Path))
        {
            foreach (var file in Directory.EnumerateFiles(Path, prefix + "*" + suffix).Order(StringComparer.Ordinal))
            {
                // "libggml.v0.5.0.so" and "libggml.so", but not "libggml-base.so".
                if (System.IO.Path.GetFileName(file)[prefix.Length] == '.')
                {
                    return NativeLibrary.Load(file);
                }
            }
        }

        throw new DllNotFoundException(
            $"{prefix}{suffix} is not in '{Path}'. The build puts it there (npm is needed for that); copy the folder 'runtimes/llama' along with the service.");
    }
}
