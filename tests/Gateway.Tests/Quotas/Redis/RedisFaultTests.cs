using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Quotas;
using Gateway.Quotas.Redis;
using Gateway.Tests.Testing;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Gateway.Tests.Quotas.Redis;

/// <summary>A Redis that cannot be used, each in its way: it is said, and no request fails of it.</summary>
public sealed class RedisFaultTests
{
    private static readonly LimitModel Money = RedisNode.Limit(QuotaMeasure.Money, QuotaWindow.Month, 1000, shares: false);

    [RedisFact]
    public async Task A_read_only_replica()
    {
        await using var master = await RedisServer.StartAsync();
        await using var replica = await RedisServer.StartAsync("--replicaof", "127.0.0.1", master.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await using var node = await RedisNode.StartAsync(RedisNode.OptionsFor(replica) with { StartPatience = TimeSpan.Zero });
        await DeniesAsync(node, "read_only");

        // It becomes the master.
        await replica.ExecuteAsync("REPLICAOF", "NO", "ONE");
        await node.AvailableAsync();
        Assert.True((await node.UseAsync(Money, 1, 1)).IsAdmitted);
    }

    [RedisFact]
    public async Task Out_of_memory()
    {
        await using var server = await RedisServer.StartAsync();
        await using var node = await RedisNode.StartAsync(RedisNode.OptionsFor(server));
        Assert.True((await node.UseAsync(Money, 100, 100)).IsAdmitted);
        await server.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        await DeniesAsync(node, "out_of_memory");

        await server.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
        await node.AvailableAsync();
        Assert.Equal(100, (await node.ReadAsync(Money)).Used);
    }

    [RedisFact]
    public async Task Data_of_others_under_the_keys_of_a_limit_denies_that_limit_only()
    {
        var server = await RedisServer.SharedAsync();
        var (options, log) = (RedisNode.OptionsFor(server), new LogCapture());
        var other = RedisNode.Limit(QuotaMeasure.Money, QuotaWindow.Month, 1000, tenant: "other", shares: false);
        var third = RedisNode.Limit(QuotaMeasure.Money, QuotaWindow.Month, 1000, tenant: "third", shares: false);
        await server.ExecuteAsync("SET", (RedisKey)(options.LimitRoot + Money.Key.Text), "a text of somebody");
        await server.ExecuteAsync("HSET", (RedisKey)(options.LimitRoot + other.Key.Text), "b1", "no number");
        await using var node = await RedisNode.StartAsync(options, logger: new LoggerFactory([log]).CreateLogger<RedisQuotaStore>());
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(QuotaVerdict.Unavailable, (await node.UseAsync(Money, 1, 1)).Verdict);
            Assert.Equal(QuotaVerdict.Unavailable, (await node.UseAsync(other, 1, 1)).Verdict);
            Assert.True((await node.UseAsync(third, 1, 1)).IsAdmitted);
        }

        Assert.Contains("redis.prefix", node.Store.Problem, StringComparison.Ordinal);
        Assert.Single(log.Lines, l => l.Text.Contains("cannot be counted", StringComparison.Ordinal));
        Assert.Equal("a text of somebody", (string?)await server.ExecuteAsync("GET", (RedisKey)(options.LimitRoot + Money.Key.Text)));
    }

    [RedisFact]
    public async Task Data_of_others_under_the_common_keys()
    {
        var server = await RedisServer.SharedAsync();
        var options = RedisNode.OptionsFor(server);
        await server.ExecuteAsync("SET", (RedisKey)options.Meta, "a text of somebody");
        await using var node = await RedisNode.StartAsync(options with { StartPatience = TimeSpan.Zero });
        await DeniesAsync(node, "foreign_data");
    }

    [RedisFact]
    public async Task Scripts_that_were_flushed_are_sent_again()
    {
        await using var server = await RedisServer.StartAsync();
        await using var node = await RedisNode.StartAsync(RedisNode.OptionsFor(server));
        await server.ExecuteAsync("SCRIPT", "FLUSH");
        Assert.True((await node.UseAsync(Money, 1, 1)).IsAdmitted);
    }

    [Theory]
    [InlineData("-ERR Error compiling script (new function): user_script:1: unexpected symbol near '#'\r\n", "too_old")]
    [InlineData("+OK\r\n", "garbage")]
    [InlineData("*2\r\n$2\r\nok\r\n$7\r\nwhatsit\r\n", "garbage")]
    [InlineData("-NOAUTH Authentication required.\r\n", "denied")]
    [InlineData("-LOADING Redis is loading the dataset in memory\r\n", "loading")]
    public async Task A_server_that_answers_scripts_with(string answer, string code)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        using var stop = new CancellationTokenSource();
        var serving = ServeAsync(server, answer, stop.Token);
        var options = new RedisOptions($"127.0.0.1:{((IPEndPoint)server.LocalEndpoint).Port}", "fake") { StartPatience = TimeSpan.Zero };
        await using (var node = await RedisNode.StartAsync(options))
        {
            await DeniesAsync(node, code);
        }

        await stop.CancelAsync();
        await serving;
    }

    [Fact]
    public async Task A_server_of_another_protocol()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        using var stop = new CancellationTokenSource();
        var serving = ServeAsync(server, answer: null, stop.Token);
        var options = new RedisOptions($"127.0.0.1:{((IPEndPoint)server.LocalEndpoint).Port}", "fake") { StartPatience = TimeSpan.Zero };
        await using (var node = await RedisNode.StartAsync(options))
        {
            await DeniesAsync(node, null);
        }

        await stop.CancelAsync();
        await serving;
    }

    private static async Task DeniesAsync(RedisNode node, string? code)
    {
        await node.FaultAsync(f => f is not null && f != RedisFault.Starting && (code is null || f.Code == code));
        Assert.Equal(QuotaVerdict.Unavailable, (await node.UseAsync(Money, 1, 1)).Verdict);
        Assert.NotNull(node.Store.Problem);
    }

    // Speaks as much of Redis's protocol as the client asks for before it says that it is connected; a script gets the answer of the test.
    private static async Task ServeAsync(TcpListener server, string? answer, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await server.AcceptTcpClientAsync(cancellationToken), answer, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private static async Task ServeAsync(TcpClient client, string? answer, CancellationToken cancellationToken)
    {
        using (client)
        {
            try
            {
                using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
                while (await reader.ReadLineAsync(cancellationToken) is { } line)
                {
                    if (answer is null)
                    {
                        await SendAsync("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
                        return;
                    }

                    var words = new List<string>();
                    for (var count = int.Parse(line.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture); words.Count < count;)
                    {
                        // By its length: a word may hold any byte, the ends of lines too.
                        var word = new char[int.Parse((await reader.ReadLineAsync(cancellationToken))!.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture)];
                        await reader.ReadBlockAsync(word, cancellationToken);
                        await reader.ReadLineAsync(cancellationToken);
                        words.Add(new string(word));
                    }

                    const string Info = "redis_version:5.0.7\r\nredis_mode:standalone\r\nrole:master\r\n";
                    await SendAsync(words[0].ToUpperInvariant() switch
                    {
                        "EVAL" or "EVALSHA" => answer,
                        "INFO" => $"${Info.Length}\r\n{Info}\r\n",
                        "ECHO" or "PING" when words.Count > 1 => $"${words[1].Length}\r\n{words[1]}\r\n",
                        "PING" => "+PONG\r\n",
                        "GET" => "$-1\r\n",
                        "CONFIG" => "*0\r\n",
                        _ => "+OK\r\n",
                    });
                }
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The client went away.
            }
        }

        async Task SendAsync(string text) => await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(text), cancellationToken);
    }
}
