using System.Globalization;
using System.Security.Cryptography;

namespace Gateway.Configuration;

/// <summary>Reads small files; that a file cannot be read is a value, not an exception.</summary>
internal static class ConfigFile
{
    /// <summary>The bytes of a file, or why there are none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">Largest size in bytes; no more than that is ever read.</param>
    public static ConfigFileContent Read(string path, int limit)
    {
        try
        {
            if (Directory.Exists(path))
            {
                return new(null, "is a folder, not a file");
            }

            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var content = new MemoryStream();
            // The length of a device or a pipe says nothing, so the limit is on what comes.
            var buffer = new byte[16 * 1024];
            while (stream.Read(buffer) is > 0 and var read)
            {
                content.Write(buffer, 0, read);
                if (content.Length > limit)
                {
                    return new(null, string.Create(CultureInfo.InvariantCulture, $"is larger than {limit / 1024} KB"));
                }
            }

            return new(content.ToArray(), null);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new(null, "does not exist");
        }
        catch (UnauthorizedAccessException)
        {
            return new(null, "may not be read by this user");
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            return new(null, "cannot be read");
        }
    }
}

internal readonly record struct ConfigFileContent(byte[]? Bytes, string? Error)
{
    /// <summary>Equal for equal content; a file that cannot be read has one too.</summary>
    public string Hash => Bytes is null ? Error! : Convert.ToHexStringLower(SHA256.HashData(Bytes));
}
