using System.Net;
using Gateway.Configuration;
using Gateway.Providers;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Tests.Providers;

public sealed class UpstreamErrorsTests
{
    private static readonly Upstream Upstream = new(new DeploymentConfig { Name = "far", BaseUrl = "http://127.0.0.1:9/v1" }, TimeSpan.FromSeconds(600));

    [Fact]
    public async Task A_connection_that_does_not_come_about_is_not_told_as_a_silence_of_minutes()
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromMilliseconds(20),
            ConnectCallback = async (_, cancelled) =>
            {
                await Task.Delay(Timeout.Infinite, cancelled);
                return Stream.Null;
            },
        };
        using var client = new HttpMessageInvoker(handler);
        using var request = new HttpRequestMessage(HttpMethod.Post, Upstream.BaseUrl);
        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.SendAsync(request, CancellationToken.None));

        var error = UpstreamErrors.From(Upstream, new ForwarderFailure(ForwarderError.RequestTimedOut, thrown));
        Assert.Equal((int)HttpStatusCode.BadGateway, error.Status);
        Assert.Contains("within 10 seconds", error.Message, StringComparison.Ordinal);

        var silence = UpstreamErrors.From(Upstream, new ForwarderFailure(ForwarderError.RequestTimedOut, new OperationCanceledException()));
        Assert.Equal((int)HttpStatusCode.GatewayTimeout, silence.Status);
        Assert.Contains("600 seconds", silence.Message, StringComparison.Ordinal);
    }

    private sealed record ForwarderFailure(ForwarderError Error, Exception? Exception) : IForwarderErrorFeature;
}
