using System.Globalization;
using Gateway.Tests;

namespace Gateway.Benchmarks.EngineVs;

/// <summary>What the command line says, as <c>name=value</c>.</summary>
internal sealed record EngineVsOptions
{
    public const int ContextLength = 4096;
    public const int Cells = 32 * 1024;

    public string ModelPath { get; private init; } = Repository.PathOf("src/Gateway/models/SmolLM2-135M-Instruct-Q4_1.gguf");

    /// <summary>Threads that each computes with.</summary>
    public int Threads { get; private init; } = Environment.ProcessorCount;

    /// <summary>Requests that each decodes at a time.</summary>
    public int Parallel { get; private init; } = 32;

    /// <summary>How often each measurement is made, in turns.</summary>
    public int Rounds { get; private init; } = 5;

    /// <summary>Requests of the part that looks at memory.</summary>
    public int Requests { get; private init; } = 1_000;

    /// <summary>The gateway.dll of another build, to see what a change did; null is this one.</summary>
    public string? GatewayPath { get; private init; }

    /// <summary>A line for the deployment in the gateway's configuration.</summary>
    public string Deployment { get; init; } = "";

    /// <summary>The same of the gateway that guesses, in the part that looks at that.</summary>
    public string Guesses { get; private init; } = "speculation: lookup";

    /// <summary>
    /// How llama-server lays out its KV cache. As many cells as the gateway has, shared by all slots: otherwise each of 32 slots would have 1,024
    /// and refuse the long prompts.
    /// </summary>
    public IReadOnlyList<string> LlamaServerArguments { get; private init; } = ["-c", Cells.ToString(CultureInfo.InvariantCulture), "--kv-unified"];

    /// <summary>Null, with the wrong one told on the error output, when one is not understood.</summary>
    public static EngineVsOptions? Parse(IReadOnlyList<string> arguments)
    {
        var options = new EngineVsOptions();
        foreach (var argument in arguments)
        {
            var (name, value) = argument.Split('=', 2) is [var n, var v] ? (n, v) : ("", "");
            var read = (name, int.TryParse(value, CultureInfo.InvariantCulture, out var number)) switch
            {
                ("threads", true) => options with { Threads = number },
                ("parallel", true) => options with { Parallel = number },
                ("rounds", true) => options with { Rounds = number },
                ("requests", true) => options with { Requests = number },
                ("model", _) => options with { ModelPath = Path.GetFullPath(value) },
                ("gateway", _) => options with { GatewayPath = Path.GetFullPath(value) },
                ("deployment", _) => options with { Deployment = value },
                ("guesses", _) => options with { Guesses = value },
                ("llama-server", _) => options with { LlamaServerArguments = value.Split(' ', StringSplitOptions.RemoveEmptyEntries) },
                _ => null,
            };
            if (read is null)
            {
                Console.Error.WriteLine($"Not understood: {argument}. Options: threads=N parallel=N rounds=N requests=N model=PATH gateway=DLL deployment='key: value' guesses='key: value' llama-server='ARGUMENTS'");
                return null;
            }

            options = read;
        }

        return options;
    }
}
