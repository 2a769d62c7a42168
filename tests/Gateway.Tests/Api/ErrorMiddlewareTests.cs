using Gateway.Api;
using Gateway.Tests.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Api;

public sealed class ErrorMiddlewareTests
{
    [Fact]
    public async Task A_failure_in_the_middle_of_an_answer_breaks_it_off_and_its_words_are_not_logged()
    {
        using var capture = new LogCapture();
        using var loggers = LoggerFactory.Create(b => b.AddProvider(capture));
        var connection = new Connection();
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpResponseFeature>(new StartedResponse());
        context.Features.Set<IHttpRequestLifetimeFeature>(connection);

        await new ErrorMiddleware(_ => throw new InvalidOperationException("words of a prompt"), TimeProvider.System, loggers.CreateLogger<ErrorMiddleware>()).InvokeAsync(context);

        Assert.True(connection.IsAborted);
        var line = Assert.Single(capture.Lines);
        Assert.Contains(nameof(InvalidOperationException), line.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("words of a prompt", line.Text, StringComparison.Ordinal);
    }

    private sealed class StartedResponse : HttpResponseFeature
    {
        public override bool HasStarted => true;
    }

    private sealed class Connection : IHttpRequestLifetimeFeature
    {
        public bool IsAborted { get; private set; }

        public CancellationToken RequestAborted { get; set; }

        public void Abort() => IsAborted = true;
    }
}
