using System.Text.Json;
using Gateway.Llama.Grammars;

namespace Gateway.Llama.Tests.Grammars;

/// <summary>The shipped model, at the temperature at which it writes anything.</summary>
public sealed class ModelAnswerTests
{
    private const int MostTokens = 100;

    [Fact]
    public async Task Answers_to_all_schemas_are_valid_or_say_that_they_were_cut()
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Smol, options => options with { MaxSequences = 24, Threads = null, ContextLength = 256 });
        using var gate = new SemaphoreSlim(24);
        var answers = await Task.WhenAll(
            from one in SchemaCase.All
            let constraint = new GrammarConstraint(TestGrammars.OfSchema(one.Schema))
            from seed in (uint[])[1, 2, 3]
            select AskAsync(engine, gate, one, constraint, seed));

        foreach (var (one, answer) in answers)
        {
            if (answer.Reason == FinishReason.Length)
            {
                Assert.Equal(MostTokens, answer.Tokens.Length);
                continue;
            }

            Assert.True(answer.Reason == FinishReason.Stop, $"{one.Name}: {answer.Generation.Error}");
            using var document = JsonDocument.Parse(answer.Text);
            Assert.True(new SchemaValidator(one.Schema).FindError(document.RootElement) is null, $"{one.Name}: {answer.Text}");
        }

        // Most of them end: a constraint that never lets go would pass the rest.
        Assert.InRange(answers.Count(answer => answer.Answer.Reason == FinishReason.Stop), 3 * answers.Length / 4, answers.Length);
    }

    private static async Task<(SchemaCase Case, Answer Answer)> AskAsync(LlamaEngine engine, SemaphoreSlim gate, SchemaCase one, GrammarConstraint constraint, uint seed)
    {
        await gate.WaitAsync();
        try
        {
            return (one, await engine.AskAsync(new GenerationRequest
            {
                Prompt = engine.Tokenize($"<|im_start|>user\nJSON, please: {one.Name}<|im_end|>\n<|im_start|>assistant\n", addSpecial: false, parseSpecial: true),
                MaxTokens = MostTokens,
                Sampling = new SamplingOptions { Temperature = 1, TopK = 0, Seed = seed },
                Grammar = constraint,
            }));
        }
        finally
        {
            gate.Release();
        }
    }
}
