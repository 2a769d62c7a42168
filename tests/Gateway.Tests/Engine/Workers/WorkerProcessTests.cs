using System.Text;
using Gateway.Api;
using Gateway.Configuration;
using Gateway.Engine.Workers;
using Gateway.Llama;
using Gateway.Tests.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Engine.Workers;

/// <summary>What a process tells of itself, by which one that hangs is known.</summary>
public sealed class WorkerProcessTests
{
    private const string Endless = ",\"max_tokens\":1500,\"logit_bias\":{\"2\":-100,\"0\":-100}";

    private static readonly LlamaEngineOptions Options = new()
    {
        ModelPath = Repository.PathOf("src/Gateway/models/SmolLM2-135M-Instruct-Q4_1.gguf"),
        ContextLength = 2048,
        Threads = 1,
    };

    [Fact]
    public async Task It_says_that_it_lives_and_how_far_its_work_is_and_once_given_up_it_is_gone_with_its_calls()
    {
        await using var process = await WorkerProcess.StartAsync(Options, progress: null, NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None);

        // More than what it says at its start.
        var notes = process.Pulse.Notes + 2;
        await Eventually.TrueAsync(() => process.Pulse.Notes > notes, "it says that it lives");
        Assert.Equal((0, 0, false), (process.Pulse.Steps, process.Pulse.Requests, process.Pulse.IsLoading));

        var call = new WorkerCall(WorkerOperation.Answer) { Id = "r", Endpoint = ApiEndpoint.ChatCompletions.RouteId, Defaults = new("d", 100, OverlongInput.Refuse, []), Tenant = "acme" };
        var asking = WorkerClient.AskAsync(process, call, Encoding.UTF8.GetBytes(TestGateway.Prompt("m", Endless)), answer: null, CancellationToken.None, process.GivenUp);
        await Eventually.TrueAsync(() => process.Pulse is { Requests: 1, Steps: > 0 }, "it works");
        var steps = process.Pulse.Steps;
        await Eventually.TrueAsync(() => process.Pulse.Steps > steps, "it goes on");

        WorkerLine.Signal(process.Id, "STOP");
        process.GiveUp("it hangs");

        Assert.Equal("it hangs", await process.Ended);
        Assert.Null(await asking);
        await WorkerLine.GoneAsync(process.Id);
    }
}
