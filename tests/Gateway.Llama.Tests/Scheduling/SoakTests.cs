using Gateway.Llama.Chat;
using Gateway.Llama.Grammars;
using Gateway.Llama.Tests.Chat;
using Gateway.Llama.Tests.Grammars;
using Gateway.Tests.Testing;

namespace Gateway.Llama.Tests.Scheduling;

/// <summary>Thousands of requests of all sorts, and at the end nothing is left of them.</summary>
public sealed class SoakTests : IAsyncLifetime
{
    private const string Schema = """{"type":"object","properties":{"name":{"type":"string","maxLength":10},"n":{"type":"integer"}},"required":["name","n"],"additionalProperties":false}""";

    private const int WarmUp = 400;
    private const int Half = 800;

    // Half of what 2 KB a request would come to.
    private const long MostGrowth = Half * 1024;

    // So short that answers come to their end by themselves.
    private static readonly ChatTool[] Tools =
    [
        ChatTesting.Tool("get_weather", """{"type":"object","properties":{"city":{"type":"string","maxLength":4},"unit":{"enum":["celsius","fahrenheit"]}},"required":["city","unit"],"additionalProperties":false}""", strict: true),
        ChatTesting.Tool("wait", """{"type":"object","properties":{"days":{"type":"integer","minimum":0,"maximum":99}},"required":["days"],"additionalProperties":false}""", strict: true),
        ChatTesting.Tool("now", parameters: null, strict: true),
    ];

    private static readonly int[][] Prefixes = [.. Enumerable.Range(0, 6).Select(i => PrefixCacheTests.Numbers(100, i))];

    private readonly GrammarConstraint _schema = new(TestGrammars.OfSchema(Schema));
    private readonly List<(FinishReason? Reason, bool WasCancelled)> _ends = [];
    private LlamaEngine _engine = null!;
    private LlamaAdapter _adapter = null!;
    private ChatTemplate _template = null!;

    public async Task InitializeAsync()
    {
        if (SharedData.Missing is not null)
        {
            return;
        }

        _engine = await TestModels.LoadAsync(
            TestModels.Tiny("tiny-llama.gguf"), options => options with { CacheCells = 2048, MaxSequences = 6, QueueCapacity = 3000, HostCacheBytes = 2 << 20 });
        _adapter = await _engine.LoadAdapterAsync(TestModels.Tiny("tiny-llama-lora.gguf"));
        _template = ChatTesting.Create(_engine.Info.ChatTemplate, _engine.Info.BosText, _engine.Info.EosText);
    }

    public async Task DisposeAsync()
    {
        if (_engine is not null)
        {
            _adapter.Dispose();
            await _engine.DisposeAsync();
        }
    }

    [SharedFact]
    public async Task After_two_thousand_requests_of_all_sorts_everything_is_given_back()
    {
        await RunAsync(0, WarmUp);
        var start = Footprint.Take();

        // The same requests again and again, so that what caches and grammars keep of them is all there from the start.
        var first = await RunHalfAsync();
        var second = await RunHalfAsync();
        var last = Footprint.Take();

        Assert.All(_ends, end => Assert.True(end.Reason is FinishReason.Stop or FinishReason.Length || (end is (FinishReason.Cancelled, true))));
        Assert.InRange(_ends.Count(e => e.Reason == FinishReason.Cancelled), 50, 400);
        Assert.InRange(_ends.Count(e => e.Reason == FinishReason.Stop), 20, 2000);
        await _engine.RestAsync();
        var statistics = _engine.Statistics;
        Assert.Equal((0, 0, 0, 0L), (statistics.Waiting, statistics.Running, statistics.CellsUsed, statistics.FailedDecodes));
        Assert.InRange(statistics.CellsCached, 1, statistics.CellsTotal);
        Assert.NotEqual(0, statistics.CachedTokens);
        Assert.NotEqual(0, statistics.Spills);
        Assert.True(second - first <= MostGrowth, $"{Half} requests left objects: {first} bytes, then {second}");
        Assert.True(last.Handles <= start.Handles && last.Threads <= start.Threads + 1, $"Handles or threads were left: {start}, then {last}");

        // All cells can be had, and all ids.
        var large = await _engine.AskAsync(PrefixCacheTests.Request(PrefixCacheTests.Numbers(900, 1), maxTokens: 124));
        Assert.Equal(124, large.Tokens.Length);
        await _engine.RestAsync();
        var (free, cached, all) = _engine.Scheduler!.Ids;
        Assert.Equal(all, free + cached);
    }

    /// <summary>Bytes of objects beside what the cache keeps, the least of several looks: what the runtime has for itself comes and goes, and a leak stays.</summary>
    private async Task<long> RunHalfAsync()
    {
        const int Looks = 4;
        var least = long.MaxValue;
        for (var look = 0; look < Looks; look++)
        {
            await RunAsync(look * Half / Looks % WarmUp, Half / Looks);
            await _engine.RestAsync();
            least = Math.Min(least, Footprint.Take().Managed - _engine.Statistics.HostCacheBytes);
        }

        return least;
    }

    private async Task RunAsync(int first, int count)
    {
        const int Clients = 8;
        var ends = await Task.WhenAll(Enumerable.Range(0, Clients).Select(part => Task.Run(async () =>
        {
            var reasons = new List<(FinishReason?, bool)>();
            for (var i = first + part; i < first + count; i += Clients)
            {
                reasons.Add(await AskAsync(i));
            }

            return reasons;
        })));
        _ends.AddRange(ends.SelectMany(e => e));
    }

    private async Task<(FinishReason? Reason, bool WasCancelled)> AskAsync(int i)
    {
        var random = new Random(i);
        var request = RequestOf(i, random);
        int? cancelAfter = random.Next(5) == 0 ? random.Next(3) : null;
        var generation = await _engine.AskAndLeaveAsync(request, cancelAfter);
        return (generation.FinishReason, cancelAfter is not null);
    }

    private GenerationRequest RequestOf(int i, Random random)
    {
        int[] prompt = [.. Prefixes[random.Next(Prefixes.Length)][..random.Next(1, 100)], .. PrefixCacheTests.Numbers(random.Next(1, random.Next(40) == 0 ? 500 : 12), i)];
        var request = PrefixCacheTests.Request(prompt, maxTokens: random.Next(40) == 0 ? 300 : random.Next(1, 8)) with
        {
            Owner = "owner " + random.Next(4),
            Weight = random.Next(1, 4),
            Priority = random.Next(10) == 0 ? 1 : 0,
            Grammar = random.Next(20) == 0 ? _schema : null,
            Adapters = random.Next(10) == 0 ? [new(_adapter, 1)] : [],
            TopLogprobs = random.Next(20) == 0 ? 2 : null,
        };
        return random.Next(20) == 0 ? WithTools(request, random) : request.Grammar is null ? request : request with { MaxTokens = 60 };
    }

    // Rendered, bound and tokenised for each request anew, as a service does.
    private GenerationRequest WithTools(GenerationRequest request, Random random)
    {
        var tools = Tools[..random.Next(1, 4)];
        var chat = _template.Render(new Conversation([new ChatMessage("user", "What is the weather in city " + random.Next(20))]) { Tools = tools });
        var rules = new AnswerRules { Tools = tools, MustCall = random.Next(3) > 0, Parallel = random.Next(2) == 0 };
        Assert.True(chat.TryConstrain(rules, out var constraint, out var error), error?.ToString());
        return request with { Prompt = _engine.Tokenize(chat.Text, addSpecial: true), MaxTokens = random.Next(4, 60), Grammar = constraint };
    }
}
