using Gateway.Llama.Tests.Gguf;
using Gateway.Llama.Tokenizing;

namespace Gateway.Llama.Tests.Tokenizing;

/// <summary>Texts without end or without a gap: libllama's regular expressions overflow the stack on them, which ends the process.</summary>
public sealed class LongRunTests
{
    public static TheoryData<string> PreTokenizers => ["gpt-4o", "tekken", "deepseek-llm", "default", "smollm", "bloom"];

    [Theory]
    [MemberData(nameof(PreTokenizers))]
    public async Task A_word_of_any_length_is_tokenised_and_comes_back(string preTokenizer)
    {
        using var model = BytePairModel(preTokenizer);
        await using var engine = await TestModels.LoadAsync(model.Path, options => options with { ContextLength = null });

        foreach (var unit in (string[])["a", "B", "!", "7", " ", "\n", " \n", "aB", "中", "é", "😀", "a1"])
        {
            var text = string.Concat(Enumerable.Repeat(unit, 300_000 / unit.Length));

            Assert.Equal(text, engine.Detokenize(engine.Tokenize(text, addSpecial: false, parseSpecial: false)));
        }
    }

    [Fact]
    public async Task Special_tokens_in_long_runs_are_never_cut()
    {
        using var model = BytePairModel("gpt-4o");
        await using var engine = await TestModels.LoadAsync(model.Path, options => options with { ContextLength = null });

        // Wherever the cut would fall.
        foreach (var letters in Enumerable.Range(LongRuns.Most - 20, 30))
        {
            var tokens = engine.Tokenize(new string('a', letters) + "<|end|>" + new string('b', 3000), addSpecial: true, parseSpecial: true);
            Assert.Equal((letters + 3002, 1, 2), (tokens.Length, tokens[0], tokens[letters + 1]));

            var guarded = engine.Tokenize(new PromptText(new string('a', letters) + "<|end|>", [new TextSpan(0, letters + 7)]), addSpecial: true);
            Assert.DoesNotContain(2, guarded);
            Assert.Equal(letters + 1 + 7, guarded.Length);
        }
    }

    [Fact]
    public void A_cut_is_made_behind_a_word_and_never_within_a_character()
    {
        Assert.False(LongRuns.Any(new string('a', LongRuns.Most)));
        Assert.False(LongRuns.Any(string.Concat(Enumerable.Repeat(new string('a', LongRuns.Most - 1) + " ", 10))));
        Assert.Equal(LongRuns.Most - 10, LongRuns.FirstPiece(new string('a', LongRuns.Most - 10) + "," + new string('a', 100)));
        Assert.Equal(LongRuns.Most - 1, LongRuns.FirstPiece("a" + string.Concat(Enumerable.Repeat("😀", LongRuns.Most))));
        Assert.Equal(LongRuns.Most + 1, LongRuns.FirstPiece("x" + new string(' ', 5000)));
    }

    // A token for each byte, as GPT-2 writes them, and two special ones.
    private static TemporaryModel BytePairModel(string preTokenizer) => new(builder =>
    {
        var tokens = new List<string> { "<unk>", "<s>", "<|end|>" };
        for (var value = 0; value < 256; value++)
        {
            var isPrinted = value is (>= '!' and <= '~') or (>= 0xa1 and <= 0xac) or (>= 0xae and <= 0xff);
            tokens.Add(((char)(isPrinted ? value : 0x100 + Hidden(value))).ToString());
        }

        tokens.AddRange(Enumerable.Range(0, GgufBuilder.Tokens - tokens.Count).Select(i => $"unused{i}"));
        builder.Set("tokenizer.ggml.model", "gpt2").Set("tokenizer.ggml.pre", preTokenizer).Set("tokenizer.ggml.merges", new[] { "q q" })
            .Set("tokenizer.ggml.tokens", tokens.ToArray())
            .Set("tokenizer.ggml.token_type", Enumerable.Range(0, GgufBuilder.Tokens).Select(i => i < 3 ? 3 : 1).ToArray());
    });

    // Of the bytes that are not printed the first is U+0100, the second U+0101 and so on.
    private static int Hidden(int value) => value <= ' ' ? value : value <= 0xa0 ? value - 0x7f + 33 : 67;
}
