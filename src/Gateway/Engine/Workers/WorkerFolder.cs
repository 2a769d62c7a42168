using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Engine.Workers;

/// <summary>The folder of a worker's socket, which nobody but the gateway's user may enter.</summary>
internal static class WorkerFolder
{
    // sockaddr_un has 108 bytes on Linux, 104 on others, with a zero at the end.
    private const int LongestPath = 102;

    private const string Prefix = "gateway-worker-";
    private const string SocketName = "s";

    // The system's own bound; a connection that finds no place is refused.
    private const int Backlog = 4096;

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
                Sweep(place);

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

    /// <summary>A socket that listens there. It gets its name when it does, so that one that refuses a connection is one that was left.</summary>
    public static Socket Listen(string socket)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(socket + "-"));
        listener.Listen(Backlog);
        File.Move(socket + "-", socket);
        return listener;
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

    // A worker whose gateway was killed is ended by the kernel before it can tidy up.
    private static void Sweep(string place)
    {
        foreach (var folder in Directory.EnumerateDirectories(place, Prefix + "*"))
        {
            var socket = Path.Combine(folder, SocketName);
            if (File.Exists(socket) && IsLeft(socket))
            {
                Remove(socket);
            }
        }
    }

    private static bool IsLeft(string socket)
    {
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            client.Connect(new UnixDomainSocketEndPoint(socket));
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }
}
