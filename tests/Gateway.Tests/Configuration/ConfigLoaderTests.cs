using Gateway.Configuration;
using Gateway.Exchanges;

namespace Gateway.Tests.Configuration;

public sealed class ConfigLoaderTests : IDisposable
{
    private readonly ConfigFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_example_in_the_README_has_no_errors()
    {
        var readme = File.ReadAllText(Repository.PathOf("README.md"));
        var start = readme.IndexOf("```yaml\n", StringComparison.Ordinal) + "```yaml\n".Length;
        _folder.Variables["OPENAI_API_KEY"] = "sk-of-the-readme";

        var result = _folder.Load(readme[start..readme.IndexOf("```", start, StringComparison.Ordinal)]);

        Assert.Empty(_folder.Lines(result.Errors));
        Assert.Empty(_folder.Lines(result.Warnings));
    }

    [Fact]
    public void The_sample_is_read_whole()
    {
        var result = _folder.Load(ConfigFolder.Sample);

        Assert.Empty(_folder.Lines(result.Errors));
        Assert.Empty(_folder.Lines(result.Warnings));
        var config = result.Config!;
        Assert.Equal(new ListenConfig { Api = "*:8080", Admin = "127.0.0.1:8081" }, config.Listen);
        Assert.Equal(20_000_000, config.Limits.BodyBytes);
        Assert.Equal("smollm2-135m-instruct, meta-llama/Llama-3.1-8B-Instruct, gpt-4o-mini", string.Join(", ", config.Models.Select(m => m.Name)));
        Assert.Equal(
            [new() { Name = "vllm", Weight = 9 }, new() { Name = "local-smol", Weight = 1 }],
            config.Models[1].Deployments);
        Assert.Equal((TimeSpan.FromMinutes(2), TimeSpan.FromMilliseconds(500)), (config.Models[1].Timeout!.Value, config.Models[1].Cooldown!.Value));

        // Lists are equal only to themselves; they are looked at below.
        var unset = new DeploymentConfig();
        Assert.Equal(
            [
                unset with
                {
                    Name = "local-smol", Kind = DeploymentKind.Local, Path = _folder.PathOf("models/smol.gguf"), ContextLength = 8192, CacheCells = 16384,
                    Parallel = 4, Queue = 0, Threads = 2, DefaultMaxTokens = 512, Load = LoadTime.FirstUse,
                },
                unset with
                {
                    Name = "vllm", Kind = DeploymentKind.OpenAICompatible, BaseUrl = "http://vllm:8000/v1", ApiKey = new Secret(ConfigFolder.FileSecret),
                    Model = "meta-llama/Llama-3.1-8B-Instruct", Private = true,
                },
                unset with
                {
                    Name = "openai-us", Kind = DeploymentKind.OpenAI, BaseUrl = "https://api.openai.com/v1",
                    ApiKey = new Secret(ConfigFolder.EnvironmentSecret),
                },
                unset with { Name = "ollama", Kind = DeploymentKind.OpenAICompatible, BaseUrl = "http://localhost:11434/v1", Model = "llama3:8b" },
            ],
            config.Deployments.Select(d => d with { Lora = unset.Lora, Placement = null }));
        Assert.Equal(
            [new() { Path = _folder.PathOf("models/smol.gguf"), Scale = 1 }, new() { Path = _folder.PathOf("models/tuned.gguf"), Scale = -0.25 }],
            config.Deployments[0].Lora);
        Assert.Empty(config.Deployments[1].Lora);
        Assert.Equal("hospital, NO", string.Join(", ", config.Tenants.Select(t => t.Name)));
        Assert.Equal(["*"], config.Tenants[1].Models);
        Assert.Equal(
            [
                new() { Name = "wards", Sha256 = "0a4d55a8d778e5022fab701977c5d840bbc486d0f1f8e3a5b5f1e8f4e8d6a001" },
                new() { Name = "research", Sha256 = "0a4d55a8d778e5022fab701977c5d840bbc486d0f1f8e3a5b5f1e8f4e8d6a002" },
            ],
            config.Tenants[0].Keys);
        Assert.Equal(DataClasses.DefaultNames, config.DataClasses);
        Assert.Equal(new NodeConfig { Country = "BR", Operator = "Hospital Exemplo" }, config.Node);
        Assert.Equal(["neighbours", "BR", "CL"], config.CountryGroups[1].Members);
        Assert.Equal(["wards", "house"], config.Tenants.Select(t => t.Policy));
        Assert.Equal("house", config.Policies[1].Base);
        Assert.Equal(["public", "internal", "personal", "restricted"], config.Policies[0].Classes.Keys);
        Assert.Equal((true, false, false), (config.Policies[0].Classes["restricted"].LocalOnly, config.Policies[0].Classes["restricted"].Cache, config.Policies[0].Classes["personal"].Trains));
        Assert.Equal(["BR"], config.Policies[1].Classes["personal"].Storage!);
        Assert.Equal(30, config.Policies[1].Classes["personal"].RetentionDays);
        Assert.Equal(["US"], config.Deployments[2].Placement!.Processing!);
        Assert.Equal(new DateTimeOffset(2027, 10, 1, 0, 0, 0, TimeSpan.Zero), config.Deployments[2].Placement!.Expires);
        Assert.Equal(new WeightsConfig { Origin = "US", Licence = "llama3.1" }, config.Deployments[1].Placement!.Weights);
        Assert.Empty(config.Deployments[3].Placement!.Storage!);
    }

    [Fact]
    public void An_error_prints_as_file_line_column_key_and_message()
    {
        var error = Assert.Single(_folder.Load(ConfigFolder.Minimal.Replace("kind: local", "kind: local\n    queue: x", StringComparison.Ordinal)).Errors);

        Assert.Equal($"{_folder.File}:6:5: deployments[0].queue: expected a whole number in plain decimal digits, such as 8192", error.ToString());
    }

    [Fact]
    public void With_an_error_there_is_no_configuration_to_serve_by_mistake()
    {
        var result = _folder.Load(ConfigFolder.Minimal + "x: 1\n");

        Assert.False(result.Success);
        Assert.Null(result.Config);
    }

    [Fact]
    public void Without_a_file_the_shipped_models_are_served_to_the_demonstration_tenant()
    {
        var hash = new string('a', 64);
        var config = DefaultConfig.Create(hash, hash);

        var folder = Path.Combine(AppContext.BaseDirectory, "models");
        Assert.Equal(
            [
                ("local-smol", DeploymentKind.Local, Path.Combine(folder, "SmolLM2-135M-Instruct-Q4_1.gguf"), LoadTime.Startup),
                ("local-e5", DeploymentKind.Local, Path.Combine(folder, "multilingual-e5-small-Q4_0.gguf"), LoadTime.FirstUse),
            ],
            config.Deployments.Select(d => (d.Name, d.Kind, d.Path!, d.Load)));
        Assert.Equal(
            [("smollm2-135m-instruct", "local-smol"), ("multilingual-e5-small", "local-e5")],
            config.Models.Select(m => (m.Name, Assert.Single(m.Deployments).Name)));
        var tenant = Assert.Single(config.Tenants);
        Assert.Equal("demo", tenant.Name);
        Assert.Equal(["*"], tenant.Models);
        Assert.Equal(hash, Assert.Single(tenant.Keys).Sha256);
        Assert.Equal("127.0.0.1:8080", config.Listen.Api);
    }

    [Fact]
    public void The_models_that_are_served_without_a_file_are_shipped() =>
        Assert.All(DefaultConfig.Create("", "").Deployments, d => Assert.Null(ModelFile.Check(Repository.PathOf("src/Gateway/models/" + Path.GetFileName(d.Path!)))));
}
