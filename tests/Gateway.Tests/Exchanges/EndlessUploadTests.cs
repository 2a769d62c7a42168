using Gateway.Tests.Testing;

namespace Gateway.Tests.Exchanges;

/// <summary>Alone, since it measures the memory of the process.</summary>
[Collection(nameof(Alone))]
public sealed class EndlessUploadTests(SharedGateway shared) : IClassFixture<SharedGateway>
{
    [Fact]
    public async Task An_upload_of_200_MB_is_refused_ends_and_fills_no_memory()
    {
        using var client = await shared.Gateway.ConnectAsync();
        var chunk = Answers.Chunk(new string('x', 1_000_000));
        var before = GC.GetTotalAllocatedBytes();
        await client.SendAsync($"POST {TestGateway.ChatPath} HTTP/1.1\r\nHost: h\r\nx-api-key: {TestKeys.Acme}\r\nTransfer-Encoding: chunked\r\n\r\n");
        try
        {
            for (var i = 0; i < 200; i++)
            {
                await client.SendAsync(chunk);
            }

            // What was still on its way was read and thrown away, so that a client that sends first and reads then gets its answer.
            Assert.Equal("request_too_large", OpenAIError.Read(await client.ReadAsync(), 413).Code);
            Assert.Empty(await client.Reader.ReadToEndAsync());
        }
        catch (IOException)
        {
            // The gateway has had enough and closed the connection.
        }

        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 32_000_000);
    }
}

[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
