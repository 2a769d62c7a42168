using System.Text;
using Gateway.Llama.Grammars;
using Gateway.Llama.Grammars.Matching;

namespace Gateway.Llama.Tests.Grammars.Matching;

/// <summary>Constraints over a small vocabulary; the last two tokens end an answer, and have no text.</summary>
public sealed class AnswerMatcherTests
{
    private static readonly string[] Texts = ["a", "ab", "b", "c", "<c", "<call", "all>", ">", "<call>", "<call>a", "<call>ab", "<call>c", "bc", "c<call>a", "é", " ", "ab", "<|end|>", "<|control|>"];

    private const int End = 17;
    private const int Control = 18;

    [Fact]
    public void Only_what_fits_may_come() =>
        Assert.Equal(["a", "ab", "ab"], Permitted(Matcher(b => b.Literal("abc"), after: null, required: true), ""));

    [Fact]
    public void The_end_may_come_when_the_text_is_complete()
    {
        var matcher = Matcher(b => b.Repeat(b.Literal("a"), 1, 2), after: null, required: true);

        Assert.DoesNotContain("<|end|>", Permitted(matcher, ""));
        Assert.Equal(["a", "<|end|>"], Permitted(matcher, "a"));
        Assert.False(matcher.MustEnd(Read(matcher, "a")));
        Assert.True(matcher.MustEnd(Read(matcher, "a", "a")));
    }

    [Fact]
    public void Control_tokens_never_fit_a_grammar() =>
        Assert.False(Matcher(b => b.AnyJson(), after: null, required: true) is var matcher && matcher.TryToken(matcher.Start, Control, out _));

    [Fact]
    public void Before_the_mark_text_is_free_but_what_is_beyond_the_mark_fits()
    {
        var matcher = Matcher(b => b.Literal("ab"), "<call>", required: true);

        Assert.Equal(
            Texts.Except(["<call>c", "<|end|>"]),
            Permitted(matcher, "").Distinct());
    }

    [Theory]
    [InlineData("<call>")]
    [InlineData("<call", ">")]
    [InlineData("<c", "all>")]
    [InlineData("b", "c", "<c", "<c", "all>")]
    [InlineData("<call", "<call", ">")]
    public void The_mark_is_found_across_tokens(params string[] tokens)
    {
        var matcher = Matcher(b => b.Literal("ab"), "<call>", required: true);

        Assert.Equal(["a", "ab", "ab"], Permitted(matcher, tokens));
    }

    [Fact]
    public void What_a_token_holds_beyond_the_mark_counts()
    {
        var matcher = Matcher(b => b.Literal("ab"), "<call>", required: true);

        Assert.Equal(["b"], Permitted(matcher, "c<call>a"));
        Assert.True(matcher.MustEnd(Read(matcher, "<call>ab")));
    }

    [Fact]
    public void Required_text_comes_before_the_end()
    {
        var matcher = Matcher(b => b.Literal("ab"), "<call>", required: true);

        Assert.DoesNotContain("<|end|>", Permitted(matcher, "a"));
    }

    [Fact]
    public void Text_that_is_not_required_may_end_while_it_is_free_and_is_free_again_after_the_grammar()
    {
        var matcher = Matcher(b => b.Literal("ab"), "<call>", required: false);

        Assert.Contains("<|end|>", Permitted(matcher, "c"));
        Assert.DoesNotContain("<|end|>", Permitted(matcher, "<call>", "a"));
        Assert.Contains("<|end|>", Permitted(matcher, "<call>", "ab"));
        Assert.False(matcher.MustEnd(Read(matcher, "<call>", "ab")));
        Assert.Contains("c", Permitted(matcher, "<call>", "ab"));
        Assert.Contains("<|control|>", Permitted(matcher, "<call>", "ab", "c"));
        Assert.Equal(["b", "bc"], Permitted(matcher, "<call>", "ab", "c", "<call>a"));
    }

    [Fact]
    public void Going_on_has_precedence_over_being_free()
    {
        var matcher = Matcher(b => b.Repeat(b.Literal("a"), 1, null), "<call>", required: false);

        var state = Read(matcher, "<call>", "a", "a");

        Assert.NotNull(state.Bound);
        Assert.Null(Read(matcher, "<call>", "a", "c").Bound);
    }

    [Fact]
    public void States_survive_that_the_machine_forgets()
    {
        var matcher = Matcher(b => b.Repeat(b.Choice(b.Literal("ab"), b.Literal("c")), 0, 100_000), after: null, required: true);
        var state = matcher.Start;
        for (var i = 0; i < 60_000; i++)
        {
            state = matcher.BeginToken(state);
            Assert.True(matcher.TryToken(state, i % 3 == 0 ? 3 : 1, out state));
        }

        state = matcher.BeginToken(state);
        Assert.False(matcher.TryToken(state, 2, out _));
        for (var i = 60_000; i < 100_000; i++)
        {
            state = matcher.BeginToken(state);
            Assert.True(matcher.TryToken(state, 3, out state));
        }

        Assert.True(matcher.MustEnd(matcher.BeginToken(state)));
    }

    [Fact]
    public void A_grammar_that_is_read_in_very_many_ways_ends_as_overworked_and_not_in_endless_work()
    {
        // Each level of repetition counts for itself: with every letter the ways of reading multiply.
        var matcher = Matcher(
            b => b.Repeat(b.Repeat(b.Repeat(b.Repeat(b.Literal("a"), 1, 500), 1, 500), 1, 500), 1, 500), after: null, required: true);
        var state = matcher.Start;
        var tokens = 0;
        do
        {
            state = matcher.BeginToken(state);
        }
        while (matcher.TryToken(state, 0, out state) && tokens++ < 2000);

        Assert.True(matcher.IsOverworked);
    }

    [Fact]
    public void Options_that_begin_alike_share_their_ways()
    {
        // Without sharing there would be 2 to the power of 50 of them.
        var matcher = Matcher(
            b => OfSchema(b, """{"anyOf":[{"type":"array","items":{"$ref":"#"}},{"type":"array","items":{"$ref":"#"},"maxItems":7},{"const":"a"}]}"""), after: null, required: true, "[", "]");
        var state = matcher.Start;
        foreach (var token in Enumerable.Repeat(Texts.Length, 50).Concat(Enumerable.Repeat(Texts.Length + 1, 50)))
        {
            state = matcher.BeginToken(state);
            Assert.True(matcher.TryToken(state, token, out state));
        }

        Assert.True(matcher.MustEnd(state));
        Assert.False(matcher.IsOverworked);
    }

    private static GrammarNode OfSchema(GrammarBuilder builder, string schema)
    {
        Assert.True(builder.TrySchema(System.Text.Json.JsonElement.Parse(schema), "schema", out var node, out _));
        return node!;
    }

    private static AnswerMatcher Matcher(Func<GrammarBuilder, GrammarNode> root, string? after, bool required, params string[] more)
    {
        var texts = Texts.Concat(more).Select((text, token) => token is End or Control ? [] : Encoding.UTF8.GetBytes(text)).ToList();
        return new AnswerMatcher(new GrammarConstraint(TestGrammars.Of(root)) { After = after, Required = required }, TokenTrie.Build(texts, token => token == End));
    }

    private static AnswerState Read(AnswerMatcher matcher, params string[] tokens)
    {
        var state = matcher.Start;
        foreach (var token in tokens.Where(token => token.Length > 0))
        {
            Assert.True(matcher.TryToken(matcher.BeginToken(state), Array.IndexOf(Texts, token), out state), token);
        }

        return matcher.BeginToken(state);
    }

    private static List<string> Permitted(AnswerMatcher matcher, params string[] tokens)
    {
        var state = Read(matcher, tokens);
        var mask = matcher.MaskOf(state);
        var permitted = new List<string>();
        for (var token = 0; token < Texts.Length; token++)
        {
            var fits = (mask[token / 64] & (1UL << token)) != 0;
            Assert.Equal(fits, matcher.TryToken(state, token, out _));
            if (fits)
            {
                permitted.Add(Texts[token]);
            }
        }

        return permitted;
    }
}
