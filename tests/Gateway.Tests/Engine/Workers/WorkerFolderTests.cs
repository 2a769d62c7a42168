using System.Net.Sockets;
using Gateway.Engine.Workers;

namespace Gateway.Tests.Engine.Workers;

public sealed class WorkerFolderTests : IDisposable
{
    private readonly string _place = Directory.CreateTempSubdirectory("gw-").FullName;

    public void Dispose() => Directory.Delete(_place, recursive: true);

    [Fact]
    public void A_socket_whose_path_is_too_long_goes_to_the_next_place()
    {
        var deep = Directory.CreateDirectory(Path.Combine(_place, new string('x', 100))).FullName;

        Assert.Null(WorkerFolder.Create([deep]));
        Assert.StartsWith(_place, WorkerFolder.Create([null, deep, _place]), StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(deep));
    }

    [Fact]
    public void What_a_killed_gateway_left_is_swept_and_what_is_in_use_or_about_to_be_stays()
    {
        var used = WorkerFolder.Create([_place])!;
        using var listener = WorkerFolder.Listen(used);
        var starting = WorkerFolder.Create([_place])!;
        var left = WorkerFolder.Create([_place])!;
        File.WriteAllText(left, "");

        WorkerFolder.Create([_place]);

        Assert.True(File.Exists(used));
        Assert.True(Directory.Exists(Path.GetDirectoryName(starting)));
        Assert.False(Directory.Exists(Path.GetDirectoryName(left)));
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(used));
        Assert.True(client.Connected);
    }
}
