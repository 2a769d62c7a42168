namespace Gateway.Llama.Tests.Tokenizing;

/// <summary>48 texts with four tokenizers, against llama-server.</summary>
public sealed class ReferenceTokenTests
{
    [SharedTheory]
    [InlineData("smollm2", "../SmolLM2-135M-Instruct-Q4_1.gguf", true)]
    [InlineData("e5", "../multilingual-e5-small-Q4_0.gguf", false)]
    [InlineData("tiny-llama", "tiny-llama.gguf", true)]
    [InlineData("tiny-reranker", "tiny-reranker.gguf", false)]
    public async Task Tokens_are_those_of_llama_server(string name, string file, bool keepsText)
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Tiny(file), options => options with { ContextLength = null });
        foreach (var expected in Reference.Tokenizations(name))
        {
            var text = expected.GetProperty("text").GetString()!;
            Assert.Equal(Reference.Ints(expected.GetProperty("parse")), engine.Tokenize(text, addSpecial: false, parseSpecial: true));
            Assert.Equal(Reference.Ints(expected.GetProperty("no_parse")), engine.Tokenize(text, addSpecial: false, parseSpecial: false));
            Assert.Equal(Reference.Ints(expected.GetProperty("add_special_parse")), engine.Tokenize(text, addSpecial: true, parseSpecial: true));
            Assert.Equal(Reference.Ints(expected.GetProperty("add_special_no_parse")), engine.Tokenize(text, addSpecial: true, parseSpecial: false));
            Assert.Equal(Reference.Ints(expected.GetProperty("parse")), engine.Tokenize(new PromptText(text, []), addSpecial: false));
            Assert.Equal(
                Reference.Ints(expected.GetProperty("no_parse")),
                engine.Tokenize(new PromptText(text, [new TextSpan(0, text.Length)]), addSpecial: false));
            if (keepsText)
            {
                Assert.Equal(expected.GetProperty("detokenized_no_parse").GetString(), engine.Detokenize(Reference.Ints(expected.GetProperty("no_parse"))));
            }
        }
    }
}
