using System.Text.Json;

namespace Gateway.Llama.Tests;

/// <summary>Output of llama-server of the same libllama (reference.json).</summary>
internal static class Reference
{
    private static readonly Lazy<JsonElement> Root = new(() =>
    {
        using var file = File.OpenRead(TestModels.Tiny("reference.json"));
        return JsonSerializer.Deserialize<JsonElement>(file);
    });

    public static IEnumerable<Run> Runs(string model) => Root.Value.GetProperty("generate").GetProperty(model).GetProperty("runs").EnumerateArray()
        .Select(run => new Run(
            run.GetProperty("name").GetString()!,
            run.GetProperty("prompt").GetString()!,
            Ints(run.GetProperty("prompt_ids")),
            Ints(run.GetProperty("ids")),
            run.GetProperty("text").GetString()!,
            run.GetProperty("stop").ValueEquals("eos"),
            run.GetProperty("compare_len_safe").GetInt32()));

    /// <summary>The likeliest first tokens of each run, and how far log probabilities may move with how the batch is laid out.</summary>
    public static (IReadOnlyDictionary<string, TokenLogprob[]> FirstTop, float Noise) Logprobs(string model)
    {
        var reference = Root.Value.GetProperty("generate").GetProperty(model);
        var first = reference.GetProperty("runs").EnumerateArray().ToDictionary(
            run => run.GetProperty("name").GetString()!,
            FirstTop,
            StringComparer.Ordinal);
        return (first, reference.GetProperty("noise").EnumerateObject().Max(noise => noise.Value.GetSingle()));
    }

    /// <summary>The likeliest first tokens with each choice of adapters.</summary>
    public static IEnumerable<(string Choice, string Prompt, TokenLogprob[] FirstTop)> RunsByChoice(string model) =>
        Root.Value.GetProperty("generate").GetProperty(model).GetProperty("runs_by_choice").EnumerateObject().SelectMany(choice =>
            choice.Value.EnumerateArray().Select(run => (choice.Name, run.GetProperty("prompt").GetString()!, FirstTop(run))));

    private static TokenLogprob[] FirstTop(JsonElement run) =>
        [.. run.GetProperty("first_top5").EnumerateArray().Select(pair => new TokenLogprob(pair[0].GetInt32(), pair[1].GetSingle()))];

    public static IEnumerable<JsonElement> Tokenizations(string tokenizer) =>
        Root.Value.GetProperty("tokenize").GetProperty(tokenizer).GetProperty("strings").EnumerateArray();

    public static IEnumerable<Embedded> Embeddings() => Root.Value.GetProperty("embeddings").GetProperty("texts").EnumerateArray()
        .Select(text => new Embedded(text.GetProperty("input").GetString()!, text.GetProperty("meaning").GetInt32(), Floats(text.GetProperty("embedding"))));

    public static IEnumerable<Ranked> Rankings() => Root.Value.GetProperty("rerank").GetProperty("queries").EnumerateArray()
        .Select(query => new Ranked(
            query.GetProperty("query").GetString()!,
            [.. query.GetProperty("documents").EnumerateArray().Select(document => document.GetString()!)],
            Floats(query.GetProperty("scores"))));

    public static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt32())];

    private static float[] Floats(JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetSingle())];

    internal sealed record Embedded(string Input, int Meaning, float[] Vector);

    internal sealed record Ranked(string Query, string[] Documents, float[] Scores);

    internal sealed record Run(string Name, string Prompt, int[] PromptIds, int[] Ids, string Text, bool StoppedByItself, int SafeLength);
}
