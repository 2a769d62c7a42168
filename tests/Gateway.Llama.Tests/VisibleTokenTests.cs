using System.Collections.Frozen;
using Gateway.Llama.Grammars;

namespace Gateway.Llama.Tests;

/// <summary>Special tokens whose text belongs to an answer, as the marks of tool calls do.</summary>
public sealed class VisibleTokenTests
{
    private const string Mark = "<|im_start|>";

    [Fact]
    public async Task The_text_of_a_special_token_shows_only_where_it_was_asked_for()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Smol);
        var mark = Assert.Single(engine.FindSpecialTokens($"a {Mark}\n"));

        Assert.Equal("", await ForceAsync(engine, mark, FrozenSet<int>.Empty, grammar: null));
        Assert.Equal(Mark + Mark, await ForceAsync(engine, mark, new HashSet<int> { mark }.ToFrozenSet(), grammar: null));
        Assert.Equal("", System.Text.Encoding.UTF8.GetString(engine.TokenToAnswer(mark, FrozenSet<int>.Empty)));
    }

    [Fact]
    public async Task A_grammar_takes_a_visible_special_token_for_its_text()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Smol);
        var mark = Assert.Single(engine.FindSpecialTokens(Mark));
        var builder = new GrammarBuilder();
        var constraint = new GrammarConstraint(builder.Build(builder.Sequence(builder.Literal(Mark), builder.Literal("go"))));

        Assert.Equal(Mark + "go", await ForceAsync(engine, mark, new HashSet<int> { mark }.ToFrozenSet(), constraint, tokens: 8));

        // Where it is not, its text has to be spelled.
        Assert.Equal(Mark + "go", await ForceAsync(engine, mark, FrozenSet<int>.Empty, constraint, tokens: 24));
    }

    private static async Task<string> ForceAsync(LlamaEngine engine, int token, IReadOnlySet<int> visible, GrammarConstraint? grammar, int tokens = 2)
    {
        var request = new GenerationRequest
        {
            Prompt = engine.Tokenize("Hello", addSpecial: true, parseSpecial: false),
            MaxTokens = tokens,
            Sampling = new SamplingOptions { Temperature = 0, LogitBias = grammar is null ? new Dictionary<int, float> { [token] = 100 } : null },
            VisibleTokens = visible,
            Grammar = grammar,
        };
        Assert.True(engine.TrySubmit(request, CancellationToken.None, out var generation));
        var text = "";
        GenerationChunk chunk;
        do
        {
            chunk = await generation.ReadAsync(CancellationToken.None);
            text += chunk.Text;
        }
        while (!chunk.IsLast);

        return text;
    }
}
