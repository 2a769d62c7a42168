using Gateway.Configuration;

namespace Gateway.Tests.Configuration;

/// <summary>A folder of its own with a model file, secrets and variables, in which configuration files are written and loaded.</summary>
internal sealed class ConfigFolder : IDisposable
{
    public const string EnvironmentSecret = "sk-from-the-environment";
    public const string FileSecret = "sk-from-a-file";

    /// <summary>The smallest file without an error or a warning.</summary>
    public const string Minimal = """
        models:
          - { name: m, deployments: [d] }
        deployments:
          - name: d
            kind: local
            path: models/smol.gguf
        tenants:
          - name: t
            models: [m]
            keys:
              - { name: k, sha256: 0a4d55a8d778e5022fab701977c5d840bbc486d0f1f8e3a5b5f1e8f4e8d6a001 }

        """;

    /// <summary>The same with an API in the place of the local model.</summary>
    public const string MinimalRemote = """
        models:
          - { name: m, deployments: [d] }
        deployments:
          - name: d
            kind: openai-compatible
            base_url: https://llm.example.com/v1
            api_key: ${OPENAI_KEY}
        tenants:
          - name: t
            models: [m]
            keys:
              - { name: k, sha256: 0a4d55a8d778e5022fab701977c5d840bbc486d0f1f8e3a5b5f1e8f4e8d6a001 }

        """;

    public ConfigFolder()
    {
        Root = Directory.CreateTempSubdirectory("gateway-config-").FullName;
        Write("models/smol.gguf", "GGUF and more");
        Write("models/tuned.gguf", "GGUF and more");
        Write("secrets/vllm", FileSecret + "\n");
        File = System.IO.Path.Combine(Root, "gateway.yaml");
        Variables["OPENAI_KEY"] = EnvironmentSecret;
    }

    public static string Sample { get; } = System.IO.File.ReadAllText(Repository.PathOf("tests/Gateway.Tests/Configuration/sample.yaml"));

    public string Root { get; }

    public string File { get; }

    public Dictionary<string, string?> Variables { get; } = new(StringComparer.Ordinal);

    public string PathOf(string name) => System.IO.Path.Combine(Root, name);

    public string Write(string name, string text)
    {
        var path = PathOf(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    public string? Variable(string name) => Variables.GetValueOrDefault(name);

    public LoadResult Load() => ConfigLoader.Load(File, Variable);

    public LoadResult Load(string yaml)
    {
        System.IO.File.WriteAllText(File, yaml, new System.Text.UTF8Encoding(false, throwOnInvalidBytes: false));
        return Load();
    }

    /// <summary>The errors of a text as they are printed, without the name of the file.</summary>
    public string[] Errors(string yaml) => Lines(Load(yaml).Errors);

    /// <summary>The errors of a text in which one passage is another.</summary>
    public string[] Errors(string yaml, string passage, string replacement)
    {
        Assert.Contains(passage, yaml, StringComparison.Ordinal);
        return Errors(yaml.Replace(passage, replacement, StringComparison.Ordinal));
    }

    public string[] Lines(IEnumerable<ConfigError> errors) => [.. errors.Select(e => e.ToString()[(File.Length + 1)..])];

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
