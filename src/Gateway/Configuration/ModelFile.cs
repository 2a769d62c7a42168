namespace Gateway.Configuration;

/// <summary>Finds the GGUF file of a local deployment.</summary>
internal static class ModelFile
{
    /// <summary>The file's full path: beside the configuration file or, when nothing is there, beside the gateway, where shipped models are.</summary>
    public static string Resolve(string folder, string path)
    {
        var beside = Path.GetFullPath(path, folder);
        if (File.Exists(beside) || Directory.Exists(beside))
        {
            return beside;
        }

        var shipped = Path.GetFullPath(path, AppContext.BaseDirectory);
        return File.Exists(shipped) ? shipped : beside;
    }

    /// <summary>Why this is no GGUF file; null when it looks like one.</summary>
    public static string? Check(string path)
    {
        if (Directory.Exists(path))
        {
            return "is a folder, not a file";
        }

        if (!File.Exists(path))
        {
            return "does not exist";
        }

        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            Span<byte> magic = stackalloc byte[4];
            return stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length && magic.SequenceEqual("GGUF"u8)
                ? null
                : "is not a GGUF file (it does not begin with `GGUF`)";
        }
        catch (UnauthorizedAccessException)
        {
            return "may not be read by this user";
        }
        catch (IOException)
        {
            return "cannot be read";
        }
    }
}
