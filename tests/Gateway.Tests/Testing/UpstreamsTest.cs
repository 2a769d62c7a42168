namespace Gateway.Tests.Testing;

/// <summary>A test of a gateway before two upstreams, which end with it.</summary>
public abstract class UpstreamsTest : IAsyncLifetime
{
    private protected FakeUpstream Near { get; } = FakeUpstream.Start();

    private protected FakeUpstream Far { get; } = FakeUpstream.Start();

    /// <summary>The gateway, once it is started.</summary>
    private protected TestGateway? Started { get; set; }

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync()
    {
        if (Started is not null)
        {
            await Started.DisposeAsync();
        }

        await Near.DisposeAsync();
        await Far.DisposeAsync();
    }
}
