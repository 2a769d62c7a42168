using System.Net;
using System.Text.Json;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Engine;

/// <summary>Every architecture of the test data in one gateway, all of them asked at the same time.</summary>
public sealed class ManyModelsTests
{
    private static readonly string[] Tiny = ["tiny-llama", "tiny-gemma3", "tiny-mamba", "tiny-lfm2", "tiny-qwen3moe"];

    [SharedFact]
    public async Task Models_of_every_architecture_and_adapters_answer_side_by_side_as_llama_server_does()
    {
        var file = new GatewayFile();
        foreach (var (name, i) in Tiny.Append("tiny-reranker").Select((name, i) => (name, i)))
        {
            // Some are there from the start, the others come with the first request.
            file.Model(name, name).Local(name, SharedModels.Tiny(name + ".gguf"), Settings + (i % 2 == 0 ? "" : ", load: first_use"));
        }

        file.Model(PublicName("tiny-llama+lora"), "adapted")
            .Local("adapted", SharedModels.Tiny("tiny-llama.gguf"), $"{Settings}, lora: [\"{SharedModels.Tiny("tiny-llama-lora.gguf")}\"]")
            .Tenant("acme", TestKeys.Acme, "*");
        await using var gateway = await TestGateway.StartAsync(file);

        var compared = await Task.WhenAll(Tiny.Append("tiny-llama+lora").Select(async model =>
        {
            var lengths = await Task.WhenAll(Runs(model).Select(run => CompareAsync(gateway, PublicName(model), run)));
            return (model, lengths.Sum());
        }));

        Assert.All(compared, c => Assert.True(c.Item2 >= 100, $"Of {c.model} only {c.Item2} tokens were compared."));
        var listed = await gateway.Client.GetStringAsync("/v1/models");
        Assert.All(Tiny.Append("tiny-reranker").Append("tiny-llama:lora"), name => Assert.Contains($"\"{name}\"", listed, StringComparison.Ordinal));

        // The adapter's deployment is no second engine.
        Assert.Equal(5, gateway.Logs.Lines.Count(l => l.Category.EndsWith("EngineHost", StringComparison.Ordinal) && l.Text.Contains(": ready, ", StringComparison.Ordinal) && !l.Text.Contains("bert", StringComparison.Ordinal)));
    }

    // A name of the reference has a plus where an adapter is applied; a model's name takes none.
    private static string PublicName(string name) => name.Replace('+', ':');

    // As the reference output was made: one thread; room for all of a model's requests at once.
    private const string Settings = "context_length: 1024, cache_cells: 8192, parallel: 12, queue: 100, threads: 1";

    private static async Task<int> CompareAsync(TestGateway gateway, string model, JsonElement run)
    {
        var length = run.GetProperty("compare_len_safe").GetInt32();
        if (length == 0)
        {
            return 0;
        }

        var body = JsonSerializer.Serialize(new { model, prompt = run.GetProperty("prompt").GetString(), max_tokens = length, temperature = 0 });
        using var response = await gateway.PostAsync(body, "/v1/completions");
        var json = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{model}: {json}");
        using var answer = JsonDocument.Parse(json);
        var text = answer.RootElement.GetProperty("choices")[0].GetProperty("text").GetString()!;
        Assert.Equal(length, answer.RootElement.GetProperty("usage").GetProperty("completion_tokens").GetInt32());

        // The last token may be a part of a character.
        Assert.StartsWith(text.TrimEnd('\ufffd'), run.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.True(text.Length > 0 || length < 3, $"{model} said nothing.");
        return length;
    }

    private static IReadOnlyList<JsonElement> Runs(string model)
    {
        using var file = File.OpenRead(SharedModels.Tiny("reference.json"));
        using var reference = JsonDocument.Parse(file);
        return [.. reference.RootElement.GetProperty("generate").GetProperty(model).GetProperty("runs").EnumerateArray().Select(run => run.Clone())];
    }
}
