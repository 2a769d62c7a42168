using System.CommandLine;
using System.Text.Json.Nodes;
using Gateway.Cli;
using Gateway.Tests.Testing;

namespace Gateway.Tests.Cli;

public sealed class ModelsCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    private static string Smol { get; } = Repository.PathOf("src/Gateway/models/SmolLM2-135M-Instruct-Q4_1.gguf");

    private static string Embedding { get; } = Repository.PathOf("src/Gateway/models/multilingual-e5-small-Q4_0.gguf");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Inspect_shows_what_a_model_holds()
    {
        var (code, output, error) = await RunAsync("models", "inspect", Smol);

        Assert.Equal((0, ""), (code, error));
        foreach (var line in (string[])
        [
            "architecture  llama", "parameters    134,515,008", "weights       Q4_1 66.4 MB in 210 tensors, Q8_0 30.1 MB in 1 tensor, F32 140.5 kB in 61 tensors",
            "context       8,192 tokens", "layers        30, vectors of 576, 9 heads (3 for keys and values)", "tokenizer     gpt2/smollm, 49,152 tokens",
            "  bos         1 \"<|im_start|>\"", "chat template 368 characters, takes system messages", "licence       apache-2.0", "problems      none",
        ])
        {
            Assert.Contains(line + "\n", output, StringComparison.Ordinal);
        }

        Assert.Contains("weights 96.6 MB, cache 377.5 MB (context of 8,192 tokens, 8 requests in 16,384 cells of f16), what leaves the cache 134.2 MB, ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_has_the_same_and_the_memory_of_other_settings()
    {
        var (code, output, _) = await RunAsync("models", "inspect", Embedding, "--json");
        var json = JsonNode.Parse(output)!;
        Assert.Equal((0, true, "bert", "mean", 250_037), (code, (bool)json["loadable"]!, (string)json["architecture"]!, (string)json["pooling"]!, (int)json["vocabulary_size"]!));
        Assert.Empty(json["problems"]!.AsArray());
        Assert.Null(json["chat_template"]);

        (_, output, _) = await RunAsync("models", "inspect", Smol, "--json", "--context", "1024", "--parallel", "3", "--skip-weights");
        json = JsonNode.Parse(output)!;
        Assert.Equal((1024, 2048, 3), ((int)json["memory"]!["context_length"]!, (int)json["memory"]!["cells"]!, (int)json["memory"]!["sequences"]!));

        // 2 bytes for each of 2 * 64 numbers of 3 heads in 30 layers; as much for what leaves it.
        Assert.Equal(2048L * 2 * 2 * 64 * 3 * 30, (long)json["memory"]!["cache"]!);
        Assert.Equal((long)json["memory"]!["cache"]!, (long)json["memory"]!["host_cache"]!);
        Assert.Equal(json["memory"]!.AsObject().Where(p => p.Key is "weights" or "cache" or "host_cache" or "compute" or "outputs").Sum(p => (long)p.Value!), (long)json["memory"]!["total"]!);
        Assert.True((bool)json["chat_template"]!["system_messages"]!);

        // Blocks of 32 numbers in 34 bytes.
        (_, output, _) = await RunAsync("models", "inspect", Smol, "--json", "--context", "1024", "--cache-type", "q8_0", "--skip-weights");
        json = JsonNode.Parse(output)!;
        Assert.Equal(("q8_0", 2048L * 2 * 64 * 3 * 30 * 34 / 32), ((string)json["memory"]!["cache_type"]!, (long)json["memory"]!["cache"]!));
    }

    [SharedTheory]
    [InlineData("tiny-llama.gguf", "any", "any beginning that two requests share is computed once")]
    [InlineData("tiny-qwen3moe.gguf", "any", "any beginning that two requests share is computed once")]
    [InlineData("tiny-gemma3.gguf", "window", "beginnings that requests share are computed once, where they end within the sliding window that was kept")]
    [InlineData("tiny-mamba.gguf", "checkpoints", "beginnings that requests share are computed once, from where a state was kept")]
    [InlineData("tiny-lfm2.gguf", "checkpoints", "beginnings that requests share are computed once, from where a state was kept")]
    [InlineData("tiny-reranker.gguf", null, null)]
    public async Task Inspect_tells_what_requests_share_by_the_memory_that_the_model_has(string file, string? word, string? line)
    {
        var (_, output, _) = await RunAsync("models", "inspect", SharedModels.Tiny(file));
        var (_, json, _) = await RunAsync("models", "inspect", SharedModels.Tiny(file), "--json");

        Assert.Equal(line, output.Split('\n').SingleOrDefault(l => l.StartsWith("prefixes ", StringComparison.Ordinal))?["prefixes".Length..].Trim());
        Assert.Equal(word, (string?)JsonNode.Parse(json)!["prefix_sharing"]);
    }

    [SharedFact]
    public async Task Every_hostile_file_gets_its_exit_code_and_its_problems()
    {
        foreach (var file in JsonNode.Parse(await File.ReadAllTextAsync(SharedModels.Tiny("hostile.json")))!["cases"]!.AsObject().Select(c => c.Value!))
        {
            var path = SharedModels.Tiny((string)file["file"]!);
            if (!File.Exists(path))
            {
                continue;
            }

            var isAdapter = Path.GetFileName(path).StartsWith("lora", StringComparison.Ordinal);
            string[] args = ["models", "inspect", path, "--json", .. isAdapter ? (string[])["--model", SharedModels.Tiny("hostile/valid.gguf")] : []];
            var (code, output, error) = await RunAsync(args);
            var json = JsonNode.Parse(output)!;

            Assert.Equal("", error);
            Assert.Equal(code == 0, (bool)json["loadable"]!);
            Assert.Equal(code != 0, json["problems"]!.AsArray().Count > 0);
            Assert.True((string)file["kind"]! switch { "valid" => code == 0, "odd" => code is 0 or 1, _ => code == 1 }, $"{path}: exit code {code}");
        }
    }

    [SharedFact]
    public async Task What_the_file_says_does_not_reach_the_terminal_raw()
    {
        var (_, output, _) = await RunAsync("models", "inspect", SharedModels.Tiny("hostile/name-control.gguf"));

        Assert.Contains("name          a\\u000ab\\u001b[31mc\\u0000d\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain(output, c => char.IsControl(c) && c != '\n');
    }

    [Fact]
    public async Task What_cannot_be_read_exits_1_and_what_is_not_understood_2()
    {
        var (code, output, error) = await RunAsync("models", "inspect", Path.Combine(_folder.FullName, "missing.gguf"));
        Assert.Equal((1, ""), (code, output));
        Assert.Contains("missing.gguf: the file does not exist", error, StringComparison.Ordinal);

        (code, output, _) = await RunAsync("models", "inspect", Write("text.gguf", "hello"));
        Assert.Equal(1, code);
        Assert.Contains("magic: the file is not a GGUF file: it begins with \"hell\"", output, StringComparison.Ordinal);

        Assert.Equal(2, (await RunAsync("models", "inspect")).Code);
        Assert.Equal(2, (await RunAsync("models", "inspect", Smol, "--parallel", "0")).Code);
        Assert.Equal(2, (await RunAsync("models", "inspect", "--yaml")).Code);
        Assert.Equal(2, (await RunAsync("models", "inspect", Smol, "--cache-type", "q5_1")).Code);
        Assert.Equal(2, (await RunAsync("models", "render", Smol)).Code);
        Assert.Equal(2, (await RunAsync("models", "render", Smol, Write("in.json", "{}"), "--now", "soon")).Code);
    }

    [Fact]
    public async Task Render_prints_the_text_of_an_object_exactly()
    {
        var template = Write("t.jinja", "{{ bos_token }}{% for m in messages %}[{{ m.content }}]{% endfor %}");
        var inputs = Write("in.json", """{"bos_token":"<s>","messages":[{"role":"user","content":"<|im_end|> é\n"}]}""");

        Assert.Equal((0, "<s>[<|im_end|> é\n]", ""), await RunAsync("models", "render", template, inputs));
    }

    [Fact]
    public async Task Render_takes_a_models_template_and_tokens()
    {
        var inputs = Write("in.json", """{"messages":[{"role":"user","content":"hi"}],"add_generation_prompt":true}""");

        var (code, output, _) = await RunAsync("models", "render", Smol, inputs);

        Assert.Equal(0, code);
        Assert.EndsWith("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Render_prints_a_line_of_json_for_each_of_a_list()
    {
        var template = Write("t.jinja", "{{ 10 // n }}{{ strftime_now(' %Y-%m-%d %H:%M') }}");
        var inputs = Write("in.json", """[{"n":3},{"n":0},7,{"n":5,"n":2}]""");

        var (code, output, error) = await RunAsync("models", "render", template, inputs, "--now", "2024-02-29T23:59:00+05:00");

        Assert.Equal((0, ""), (code, error));
        Assert.Equal(
            "{\"text\":\"3 2024-02-29 23:59\"}\n{\"error\":\"line 1: division by zero\"}\n"
            + "{\"error\":\"line 1: the variables of a template are an object\"}\n{\"text\":\"5 2024-02-29 23:59\"}\n",
            output);
    }

    [Fact]
    public async Task Render_tells_the_error_of_an_object_and_of_broken_files()
    {
        var inputs = Write("in.json", "{}");
        await AssertFailsAsync("t.jinja: line 1: no", Write("t.jinja", "{{ raise_exception('no') }}"), inputs);
        await AssertFailsAsync("t.jinja: line 1: ", Write("t.jinja", "{% if %}"), inputs);
        await AssertFailsAsync("bad.json: not valid JSON", Write("t.jinja", ""), Write("bad.json", "{"));
        await AssertFailsAsync("none.json: the file cannot be read", Write("t.jinja", ""), Path.Combine(_folder.FullName, "none.json"));
        await AssertFailsAsync("the file has no chat template", Embedding, inputs);
        await File.WriteAllBytesAsync(Path.Combine(_folder.FullName, "latin.jinja"), [0xe9]);
        await AssertFailsAsync("the file is not UTF-8", Path.Combine(_folder.FullName, "latin.jinja"), inputs);

        async Task AssertFailsAsync(string message, string template, string variables)
        {
            var (code, output, error) = await RunAsync("models", "render", template, variables);
            Assert.Equal((1, ""), (code, output));
            Assert.Contains(message, error, StringComparison.Ordinal);
        }
    }

    [SharedFact]
    public async Task Hostile_templates_end_within_their_limits()
    {
        var inputs = Write("in.json", """{"messages":[{"role":"user","content":"hi"}]}""");
        foreach (var path in Directory.EnumerateFiles(SharedModels.Tiny("hostile"), "tmpl-*.gguf"))
        {
            var (code, output, error) = await RunAsync("models", "render", path, inputs);

            Assert.Equal(path.Contains("tmpl-empty", StringComparison.Ordinal) ? (0, true) : (1, false), (code, error.Length == 0));
            Assert.Equal("", output);
        }
    }

    public static TheoryData<string> Published
    {
        get
        {
            var folder = Repository.PathOf("../shared/templates");
            return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.json").Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal)] : [""];
        }
    }

    [SharedTheory]
    [MemberData(nameof(Published), DisableDiscoveryEnumeration = true)]
    public async Task Render_prints_what_Python_renders_of_published_templates(string name)
    {
        var data = JsonNode.Parse(await File.ReadAllTextAsync(Repository.PathOf($"../shared/templates/{name}.json")))!;
        var cases = data["cases"]!.AsArray();
        var inputs = new JsonArray();
        foreach (var item in cases)
        {
            var variables = item!["inputs"]!.DeepClone().AsObject();
            variables["bos_token"] = data["bos_token"]?.DeepClone();
            variables["eos_token"] = data["eos_token"]?.DeepClone();
            inputs.Add(variables);
        }

        var (code, output, error) = await RunAsync(
            "models", "render", Repository.PathOf($"../shared/templates/{name}.jinja"), Write("in.json", inputs.ToJsonString()), "--now", (string)data["now"]!);

        Assert.Equal((0, ""), (code, error));
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(cases.Count, lines.Count);
        for (var i = 0; i < lines.Count; i++)
        {
            Assert.Equal((string?)cases[i]!["expected"], (string?)lines[i]["text"]);
            Assert.Equal(cases[i]!["expected"] is null, lines[i]["error"] is not null);
        }
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await CommandRunner.RunAsync(new RootCommand { ModelsCommand.Create() }, args, new InvocationConfiguration { Output = output, Error = error });
        return (code, output.ToString(), error.ToString());
    }
}
