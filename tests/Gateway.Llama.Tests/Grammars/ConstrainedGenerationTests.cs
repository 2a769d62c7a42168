using System.Text.Json;
using Gateway.Llama.Grammars;

namespace Gateway.Llama.Tests.Grammars;

/// <summary>Grammars in the engine: how answers end, what binds them, and what stays as it was.</summary>
public sealed class ConstrainedGenerationTests : IAsyncLifetime
{
    private const string Prompt = "<|im_start|>user\nName a colour.<|im_end|>\n<|im_start|>assistant\n";

    private LlamaEngine _engine = null!;

    public async Task InitializeAsync() => _engine = await TestModels.LoadAsync(TestModels.Smol);

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    [Fact]
    public async Task An_answer_ends_when_nothing_can_follow()
    {
        var answer = await AskAsync(TestGrammars.OfSchema("""{"enum":["red","green"]}"""));

        Assert.Equal(FinishReason.Stop, answer.Reason);
        Assert.Contains(answer.Text, (string[])["\"red\"", "\"green\""]);
    }

    [Fact]
    public async Task An_answer_that_is_complete_with_its_last_permitted_token_is_not_cut()
    {
        var whole = await AskAsync(TestGrammars.OfSchema("""{"const":"a rather long constant text"}"""));

        var answer = await AskAsync(TestGrammars.OfSchema("""{"const":"a rather long constant text"}"""), maxTokens: whole.Tokens.Length);
        var cut = await AskAsync(TestGrammars.OfSchema("""{"const":"a rather long constant text"}"""), maxTokens: whole.Tokens.Length - 1);

        Assert.Equal((FinishReason.Stop, whole.Text), (answer.Reason, answer.Text));
        Assert.Equal(FinishReason.Length, cut.Reason);
        Assert.StartsWith(cut.Text, whole.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_more_could_follow_the_model_ends_the_answer()
    {
        var answer = await AskAsync(TestGrammars.OfSchema("""{"type":"integer","minimum":0}"""), maxTokens: 40);

        Assert.Equal(FinishReason.Stop, answer.Reason);
        Assert.True(long.TryParse(answer.Text, out _), answer.Text);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_answer()
    {
        var grammar = TestGrammars.OfSchema("""{"type":"object","properties":{"colour":{"type":"string","maxLength":12},"n":{"type":"integer","minimum":1,"maximum":99}},"required":["colour","n"],"additionalProperties":false}""");

        var first = await AskAsync(grammar, seed: 5);

        Assert.Equal(first.Text, (await AskAsync(grammar, seed: 5)).Text);
        Assert.Equal(FinishReason.Stop, first.Reason);
    }

    [Fact]
    public async Task Without_a_misfit_the_answer_is_the_free_one()
    {
        var grammar = TestGrammars.Of(b => b.Until("\u0001"));

        var free = await AskAsync(null, seed: 3, maxTokens: 24);
        var bound = await AskAsync(grammar, seed: 3, maxTokens: 24);

        Assert.Equal(free.Tokens, bound.Tokens);
    }

    [Fact]
    public async Task A_stop_text_ends_a_bound_answer_too()
    {
        var answer = await AskAsync(TestGrammars.OfSchema("""{"const":"one two three"}"""), stop: " two");

        Assert.Equal((FinishReason.Stop, "\"one"), (answer.Reason, answer.Text));
    }

    [Fact]
    public async Task After_a_mark_the_text_is_bound()
    {
        // The likeliest answer is free until a word of it has come.
        var free = await AskAsync(null, maxTokens: 12);
        var mark = free.Text.TrimEnd().Split(' ')[1];

        var answer = await AskAsync(TestGrammars.Of(b => b.Literal(" = {}")), after: mark, maxTokens: 40);

        Assert.Equal((FinishReason.Stop, free.Text[..(free.Text.IndexOf(mark, StringComparison.Ordinal) + mark.Length)] + " = {}"), (answer.Reason, answer.Text));
    }

    [Fact]
    public async Task A_mark_that_never_comes_binds_nothing_unless_it_is_required()
    {
        var grammar = TestGrammars.Of(b => b.Literal("x"));

        var free = await AskAsync(null, maxTokens: 60);
        var optional = await AskAsync(grammar, after: "<never>", required: false, maxTokens: 60);
        var required = await AskAsync(grammar, after: "<never>", maxTokens: 60);

        Assert.Equal(free.Text, optional.Text);
        Assert.Equal(FinishReason.Stop, optional.Reason);
        Assert.Equal(FinishReason.Length, required.Reason);
    }

    [Fact]
    public async Task Penalties_and_biases_hold_within_the_grammar()
    {
        var grammar = TestGrammars.OfSchema("""{"enum":[1,2]}""");
        var one = _engine.Tokenize("1", addSpecial: false, parseSpecial: false)[0];
        var two = _engine.Tokenize("2", addSpecial: false, parseSpecial: false)[0];

        Assert.Equal("2", (await AskAsync(grammar, sampling: new SamplingOptions { Temperature = 0, LogitBias = new Dictionary<int, float> { [one] = -100 } })).Text);
        Assert.Equal("1", (await AskAsync(grammar, sampling: new SamplingOptions { Temperature = 0, LogitBias = new Dictionary<int, float> { [two] = -100 } })).Text);
    }

    [Fact]
    public async Task When_no_token_is_left_the_answer_ends_with_an_error_and_others_go_on()
    {
        var one = _engine.Tokenize("1", addSpecial: false, parseSpecial: false)[0];
        var other = AskAsync(null, maxTokens: 20);

        var answer = await AskAsync(TestGrammars.OfSchema("""{"const":1}"""), sampling: new SamplingOptions { LogitBias = new Dictionary<int, float> { [one] = -100 } });

        Assert.Equal(FinishReason.Error, answer.Reason);
        Assert.Contains("No token", answer.Generation.Error!.Message, StringComparison.Ordinal);
        Assert.NotEqual(FinishReason.Error, (await other).Reason);
    }

    [Fact]
    public async Task Answers_of_one_constraint_and_of_others_are_kept_apart()
    {
        var constraint = new GrammarConstraint(TestGrammars.OfSchema("""{"type":"array","items":{"type":"integer","minimum":10,"maximum":99},"minItems":2,"maxItems":4}"""));
        var other = new GrammarConstraint(TestGrammars.OfSchema("""{"type":"boolean"}"""));

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => _engine.AskAsync(Request(i % 4 == 3 ? other : constraint, new SamplingOptions { Seed = (uint)i }, 60))));

        foreach (var (answer, i) in answers.Select((answer, i) => (answer, i)))
        {
            Assert.Equal(FinishReason.Stop, answer.Reason);
            var value = JsonElement.Parse(answer.Text);
            Assert.Equal(i % 4 == 3, value.ValueKind is JsonValueKind.True or JsonValueKind.False);
        }
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(null, false)]
    public void Constraints_that_say_nothing_are_refused(string? after, bool required)
    {
        var constraint = new GrammarConstraint(TestGrammars.OfSchema("true")) { After = after, Required = required };

        Assert.Throws<ArgumentException>(() => _engine.Submit(Request(constraint, Answers.Greedy, 5)));
    }

    private Task<Answer> AskAsync(
        Grammar? grammar, uint? seed = null, int maxTokens = 64, string? after = null, bool required = true, SamplingOptions? sampling = null, params string[] stop)
    {
        sampling ??= seed is null ? Answers.Greedy : new SamplingOptions { Seed = seed };
        var constraint = grammar is null ? null : new GrammarConstraint(grammar) { After = after, Required = required };
        return _engine.AskAsync(Request(constraint, sampling, maxTokens) with { Stop = stop });
    }

    private GenerationRequest Request(GrammarConstraint? constraint, SamplingOptions sampling, int maxTokens) => new()
    {
        Prompt = _engine.Tokenize(Prompt, addSpecial: false, parseSpecial: true),
        MaxTokens = maxTokens,
        Sampling = sampling,
        Grammar = constraint,
    };
}
