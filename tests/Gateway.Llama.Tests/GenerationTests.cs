namespace Gateway.Llama.Tests;

public sealed class GenerationTests
{
    public static TheoryData<string, string> Models => new()
    {
        { "tiny-llama", "tiny-llama.gguf" },
        { "tiny-gemma3", "tiny-gemma3.gguf" },
        { "tiny-mamba", "tiny-mamba.gguf" },
        { "tiny-lfm2", "tiny-lfm2.gguf" },
        { "tiny-qwen3moe", "tiny-qwen3moe.gguf" },
        { "smollm2", "../SmolLM2-135M-Instruct-Q4_1.gguf" },
    };

    [SharedTheory]
    [MemberData(nameof(Models))]
    public async Task Greedy_answers_are_those_of_llama_server(string name, string file)
    {
        await using var engine = await TestModels.LoadAsync(TestModels.Tiny(file));
        var compared = 0;
        foreach (var run in Reference.Runs(name))
        {
            Assert.Equal(run.PromptIds, engine.Tokenize(run.Prompt, addSpecial: true, parseSpecial: true));
            var answer = await engine.AskAsync(run.Prompt, maxTokens: 24);

            Assert.Equal(run.Ids[..run.SafeLength], answer.Tokens[..run.SafeLength]);
            compared += run.SafeLength;
            if (run.SafeLength == run.Ids.Length)
            {
                Assert.Equal(run.Text, answer.Text);
                Assert.Equal(run.StoppedByItself ? FinishReason.Stop : FinishReason.Length, answer.Reason);
                Assert.Equal(run.Ids.Length, answer.Generation.CompletionTokens);
            }
        }

        Assert.True(compared >= 48, $"Only {compared} tokens were compared.");
    }
}
