using Gateway.Llama.Scheduling;

namespace Gateway.Llama.Tests.Scheduling;

public sealed class ProcessorShareTests
{
    private readonly ProcessorShare _share = new(cores: 8);
    private readonly bool[] _computes = new bool[20];

    [Theory]
    [InlineData(0, 8, 8)]
    [InlineData(1, 8, 8)]
    [InlineData(1, 16, 16)]
    [InlineData(2, 8, 4)]
    [InlineData(2, 2, 2)]
    [InlineData(3, 8, 2)]
    [InlineData(20, 8, 1)]
    public void Engines_that_compute_split_the_cores(int computing, int most, int threads)
    {
        for (var engine = 0; engine < computing; engine++)
        {
            _share.Tell(ref _computes[engine], computes: true);
        }

        Assert.Equal(threads, _share.Of(most));
    }

    [Fact]
    public void One_counts_once_however_often_it_tells_and_no_more_when_it_rests()
    {
        for (var i = 0; i < 5; i++)
        {
            _share.Tell(ref _computes[0], computes: true);
            _share.Tell(ref _computes[1], computes: true);
        }

        Assert.Equal(4, _share.Of(8));
        _share.Tell(ref _computes[1], computes: false);
        _share.Tell(ref _computes[1], computes: false);
        Assert.Equal(8, _share.Of(8));
    }

    [SharedFact]
    public async Task Engines_that_are_gone_leave_the_processor_to_others()
    {
        await using (var one = await TestModels.LoadAsync(TestModels.Tiny("tiny-llama.gguf")))
        await using (var two = await TestModels.LoadAsync(TestModels.Tiny("tiny-mamba.gguf")))
        {
            await Task.WhenAll(one.AskAsync("Hello", 20), two.AskAsync("Hello", 20));
            one.Submit(new GenerationRequest { Prompt = [1], MaxTokens = 900 });
        }

        // One had ended its work, the other was disposed in the middle of it.
        Assert.Equal(1_000, ProcessorShare.OfProcess.Of(1_000));
    }
}
