using System.Security.Cryptography;
using System.Text;

namespace Gateway.Engine.Workers;

/// <summary>The folder of a worker's socket, which nobody but the gateway's user may enter.</summary>
internal static class WorkerFolder
{
    // sockaddr_un has 108 bytes on Linux, 104 on others, with a zero at the end.
    private const int LongestPath = 103;

    private const string Prefix = "gateway-worker-";
    private const string SocketName = "s";

    /// <summary>Path of a socket that is to be made, in a new folder; null where no place can be written to, or all have paths that are too long.</summary>
    /// <param name="places">Folders that may hold it, the best first.</param>
    public static string? Create(IEnumerable<string?> places)
    {
        foreach (var place in places)
        {
            if (string.IsNullOrEmpty(place))
            {
                continue;
            }

            var folder = Path.Combine(place, Prefix + RandomNumberGenerator.GetHexString(12, lowercase: true));
            var socket = Path.Combine(folder, SocketName);
            if (Encoding.UTF8.GetByteCount(socket) > LongestPath)
            {
                continue;
            }

            try
            {
                // Windows gives a folder the rights of the one that it is in, which for these places are the user's.
                _ = OperatingSystem.IsWindows()
                    ? Directory.CreateDirectory(folder)
                    : Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                return socket;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The next one may do.
            }
        }

        return null;
    }

    /// <summary>Removes the socket and its folder, as far as they are there.</summary>
    public static void Remove(string socket)
    {
        try
        {
            File.Delete(socket);
            Directory.Delete(Path.GetDirectoryName(socket)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The other side was faster, or will be.
        }
    }
}
