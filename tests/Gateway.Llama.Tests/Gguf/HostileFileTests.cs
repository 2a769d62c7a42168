using System.Text.Json;

namespace Gateway.Llama.Tests.Gguf;

/// <summary>All files of ../shared/models/tiny/hostile through the engine, in this process, which is alive at the end.</summary>
public sealed class HostileFileTests
{
    // What the error must name, by how the file's name begins; for hyperparameters the name says it itself.
    private static readonly (string File, string Named)[] Fields =
    [
        ("trunc-header-3", "magic"), ("trunc-header-4", "version"), ("trunc-info", "tensor \"blk"), ("trunc-data", "tensor \""), ("magic", "magic"), ("version", "version"),
        ("n-tensors-less", "blk.0.ffn_down.weight"), ("n-tensors", "tensor_count"), ("n-kv", "metadata_kv_count"), ("key-len", "metadata key 23"), ("key-empty", "metadata key 23"),
        ("key-dup-arch", "general.architecture"), ("str-len", "\"x.s\""), ("arr-nested", "\"x.n\""), ("arr-len", "\"x.a\""), ("arr-type", "\"x.t\""), ("kv-type", "\"x.t\""),
        ("tensor-offset", "\"blk.0.ffn_down.weight\" offset"), ("tensor-misaligned", "offset"), ("tensor-overlap", "overlap"), ("n-dims", "\"output_norm.weight\" dimensions"),
        ("dims", "\"output_norm.weight\" dimensions"), ("ggml-type", "\"output_norm.weight\" type"), ("tensor-name", "tensor 11 name"), ("align", "general.alignment"),
        ("arch-t5", "t5.context_length"), ("arch", "general.architecture"), ("tok-no-merges", "tokenizer.ggml.merges"), ("tok-none", "tokenizer.ggml.model"),
        ("tok-model", "tokenizer.ggml.model"), ("tok-pre", "tokenizer.ggml.pre"), ("tok-tokens-more", "\"token_embd.weight\" dimensions"), ("tok-tokens", "tokenizer.ggml.tokens"),
        ("tok-scores", "tokenizer.ggml.scores"), ("tok-types", "tokenizer.ggml.token_type"), ("tok-bos", "tokenizer.ggml.bos_token_id"),
        ("tok-charsmap", "tokenizer.ggml.precompiled_charsmap"), ("hp-block_count-2", "blk.1."), ("hp-block_count-512", "blk.1."), ("hp-block-count", "llama.block_count"),
        ("hp-head-count", "llama.attention.head_count"), ("hp-eps", "layer_norm_rms_epsilon"), ("hp-rope-base", "rope.freq_base"), ("tensor-missing", "output_norm.weight"),
        ("tensor-extra", "extra.weight"), ("tensor-shape", "blk.0.attn_q.weight"), ("weights-nan", "\"token_embd.weight\" data"), ("weights-inf", "\"blk.0.ffn_down.weight\" data"),
        ("tmpl", "tokenizer.chat_template"), ("lora-alpha", "adapter.lora.alpha"), ("lora-alora", "adapter.alora.invocation_tokens"), ("lora", ".lora_"),
    ];

    [SharedFact]
    public async Task Each_file_has_its_outcome_and_the_process_lives()
    {
        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(TestModels.Tiny("hostile.json")));
        var wrong = new List<string>();
        var seen = 0;
        foreach (var file in json.RootElement.GetProperty("cases").EnumerateObject().Select(c => c.Value))
        {
            var path = file.GetProperty("file").GetString()!;
            if (!File.Exists(TestModels.Tiny(path)))
            {
                continue;
            }

            var name = Path.GetFileNameWithoutExtension(path);
            var error = await FindErrorAsync(TestModels.Tiny(path), isAdapter: name.StartsWith("lora-", StringComparison.Ordinal));
            seen++;
            var isRight = file.GetProperty("kind").GetString() switch
            {
                "valid" => error is null,
                "odd" => true,
                _ => error?.Contains(NameOf(name), StringComparison.Ordinal) == true,
            };
            if (!isRight)
            {
                wrong.Add($"{name}: {error ?? "served"}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.InRange(seen, 100, 1000);
    }

    private static string NameOf(string name)
    {
        if (Fields.FirstOrDefault(field => name.StartsWith(field.File, StringComparison.Ordinal)) is { Named: { } named })
        {
            return named;
        }

        // hp-no-attention-head_count, hp-rope-dimension_count-1000
        Assert.StartsWith("hp-", name, StringComparison.Ordinal);
        var parts = name.Split('-').Skip(1).Where(part => part is not "no" && !part.All(char.IsAsciiDigit));
        return "llama." + string.Join('.', parts);
    }

    /// <summary>Loads a file and lets it answer; the message of the refusal, null when it is served.</summary>
    private static async Task<string?> FindErrorAsync(string path, bool isAdapter)
    {
        try
        {
            await using var engine = await TestModels.LoadAsync(
                isAdapter ? TestModels.Tiny("hostile/valid.gguf") : path, options => options with { ContextLength = null, MaxSequences = 2 });
            using var adapter = isAdapter ? await engine.LoadAdapterAsync(path) : null;
            var answer = await engine.AskAsync(new GenerationRequest
            {
                Prompt = engine.Tokenize("Hello there.", addSpecial: true, parseSpecial: true) is { Length: > 0 } tokens ? tokens : [1],
                MaxTokens = 4,
                Adapters = adapter is null ? [] : [new(adapter, 1)],
            });
            Assert.InRange(answer.Tokens.Length, 0, 4);
            return null;
        }
        catch (LlamaLoadException e)
        {
            Assert.Contains(Path.GetFileName(path), e.Message, StringComparison.Ordinal);
            return e.Message;
        }
    }
}
