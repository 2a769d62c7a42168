using Gateway.Llama.Scheduling;
using Gateway.Llama.Tokenizing;
using LLama.Native;

namespace Gateway.Llama.Tests.Scheduling;

/// <summary>What a reader sees of tokens as they are drawn.</summary>
public sealed class AnswerTextTests : IDisposable
{
    private readonly SafeLlamaModelHandle _model = Loading();
    private readonly LlamaTokenizer _tokenizer;

    public AnswerTextTests() => _tokenizer = new LlamaTokenizer(_model, null);

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Characters_spread_over_tokens_are_never_cut()
    {
        const string Text = "déjà 你好 🙂👩‍👩‍👧‍👦 ꙮ";
        var generation = StopMatcherTests.NewGeneration();
        var sequence = new RunningSequence(generation, new Tenant(""));
        var tokens = _tokenizer.Tokenize(Text, addSpecial: false, parseSpecial: false);
        var all = "";
        foreach (var token in tokens)
        {
            Assert.Null(sequence.Accept(token, _tokenizer));
            var piece = StopMatcherTests.Read(generation);
            Assert.DoesNotContain('\uFFFD', piece);
            Assert.False(piece.Length > 0 && char.IsHighSurrogate(piece[^1]));
            all += piece;
        }

        Assert.Equal(Text, all);
        Assert.True(tokens.Length > 20, "The text was to be spread over many tokens.");
    }

    [Fact]
    public void Half_a_character_at_the_end_becomes_a_replacement_character()
    {
        var generation = StopMatcherTests.NewGeneration();
        var sequence = new RunningSequence(generation, new Tenant(""));
        var tokens = _tokenizer.Tokenize("ok ꙮ", addSpecial: false, parseSpecial: false);
        foreach (var token in tokens[..^1])
        {
            sequence.Accept(token, _tokenizer);
        }

        Assert.Equal("ok ", StopMatcherTests.Read(generation));
        sequence.Flush();

        Assert.Equal("\uFFFD", StopMatcherTests.Read(generation));
    }

    [Fact]
    public void A_stop_text_may_end_in_the_middle_of_a_token()
    {
        var generation = StopMatcherTests.NewGeneration("lo wor");
        var sequence = new RunningSequence(generation, new Tenant(""));
        FinishReason? reason = null;
        foreach (var token in _tokenizer.Tokenize("Hello world", addSpecial: false, parseSpecial: false))
        {
            Assert.Null(reason);
            reason = sequence.Accept(token, _tokenizer);
        }

        Assert.Equal(FinishReason.Stop, reason);
        Assert.Equal("Hel", StopMatcherTests.Read(generation));
    }

    private static SafeLlamaModelHandle Loading() => Gateway.Llama.Loading.ModelLoader.Load(
        new LlamaEngineOptions { ModelPath = TestModels.Smol }, new Gateway.Llama.Loading.MemoryBudget(() => long.MaxValue).Begin(), null, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, out _, CancellationToken.None);
}
