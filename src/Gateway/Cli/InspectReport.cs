using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Llama.Gguf;
using Gateway.Llama.Loading;

namespace Gateway.Cli;

/// <summary>What <c>models inspect</c> tells.</summary>
/// <param name="File">The path as it was given.</param>
/// <param name="Loadable">Whether the file would be loaded.</param>
/// <param name="Summary">What it holds.</param>
/// <param name="Memory">What it takes; null where that makes no sense.</param>
/// <param name="Problems">What is wrong with it.</param>
internal sealed record InspectReport(
    string File, bool Loadable, ModelSummary Summary, MemoryEstimate? Memory, IReadOnlyList<GgufProblem> Problems)
{
    private const int LabelWidth = 14;

    /// <summary>All of it in one object.</summary>
    public JsonObject ToJson(JsonSerializerOptions options)
    {
        var json = new JsonObject { ["file"] = File, ["loadable"] = Loadable };
        foreach (var (name, value) in JsonSerializer.SerializeToNode(Summary, options)!.AsObject())
        {
            json[name] = value?.DeepClone();
        }

        if (Memory is not null)
        {
            json["memory"] = JsonSerializer.SerializeToNode(Memory, options);
        }

        json["problems"] = JsonSerializer.SerializeToNode(Problems, options);
        return json;
    }

    /// <summary>Writes it for people; whatever comes from the file is made harmless for a terminal.</summary>
    public void Write(TextWriter output)
    {
        Line("file", File);
        Line("size", Bytes(Summary.FileSize));
        Line("type", GgufText.Show(Summary.Type));
        Line("name", Shown(Summary.Name));
        Line("architecture", Shown(Summary.Architecture));
        Line("licence", Shown(Summary.Licence));
        Line("parameters", Summary.Parameters > 0 ? Invariant($"{Summary.Parameters:N0}") : null);
        Line("weights", Summary.Types.Count == 0 ? null : string.Join(", ", Summary.Types.Select(t => Invariant($"{t.Type} {Bytes(t.Bytes)} in {Count(t.Tensors, "tensor")}"))));
        Line("context", Summary.ContextLength is { } context ? Invariant($"{context:N0} tokens") : null);
        Line("layers", Layers());
        Line("experts", Summary.Experts is > 0 ? Invariant($"{Summary.Experts} in a layer, {Summary.ExpertsUsed ?? 0} for a token") : null);
        Line("pooling", Summary.Pooling);
        Line("tokenizer", Summary.Tokenizer is { } tokenizer ? Invariant($"{GgufText.Show(tokenizer)}, {Summary.VocabularySize:N0} tokens") : null);
        foreach (var token in Summary.SpecialTokens)
        {
            Line("  " + token.Role, Invariant($"{token.Id} \"{GgufText.Show(token.Text)}\"") + (token.Added ? ", added to each text" : ""));
        }

        Line("chat template", Template());
        Line("prefixes", Summary.PrefixSharing switch
        {
            "any" => "any beginning that two requests share is computed once",
            "window" => "beginnings that requests share are computed once, where they end within the sliding window that was kept",
            "checkpoints" => "beginnings that requests share are computed once, from where a state was kept",
            "none" => "nothing is shared between requests",
            _ => null,
        });
        Line("memory", MemoryText());
        Line("problems", Problems.Count == 0 ? "none" : Invariant($"{Problems.Count}"));
        foreach (var problem in Problems)
        {
            output.WriteLine($"  {problem}");
        }

        void Line(string label, string? text)
        {
            if (text is not null)
            {
                output.WriteLine(label.PadRight(LabelWidth) + text);
            }
        }
    }

    private string? Layers() => Summary.Layers is not { } layers ? null
        : Invariant($"{layers}, vectors of {Summary.EmbeddingLength ?? 0}")
            + (Summary.Heads is > 0 ? Invariant($", {Summary.Heads} heads ({Summary.KeyValueHeads ?? Summary.Heads} for keys and values)") : "");

    private string? Template()
    {
        if (Summary.ChatTemplate is not { } template)
        {
            return null;
        }

        var takes = new List<string>();
        Add(template.SystemMessages, "system messages");
        Add(template.Tools, "tools");
        Add(template.ToolCalls, template.ParallelToolCalls ? "several tool calls at a time" : "tool calls");
        Add(template.Reasoning, "reasoning");
        return Invariant($"{Count(template.Characters, "character")}, ")
            + (template.Error is not null ? "not valid" : takes.Count > 0 ? "takes " + string.Join(", ", takes) : "takes plain conversations only");

        void Add(bool can, string what)
        {
            if (can)
            {
                takes.Add(what);
            }
        }
    }

    private string? MemoryText() => Memory is not { } memory ? null
        : Invariant($"about {Bytes(memory.Total)}: weights {Bytes(memory.Weights)}, ")
            + (memory.Cache > 0
                ? Invariant($"cache {Bytes(memory.Cache)} (context of {memory.ContextLength:N0} tokens, {Count(memory.Sequences, "request")} in {memory.Cells:N0} cells of {Configuration.ConfigWords.Word(memory.CacheType)}), ")
                : "")
            + (memory.HostCache > 0 ? Invariant($"what leaves the cache {Bytes(memory.HostCache)}, ") : "")
            + Invariant($"computing {Bytes(memory.Compute)}, set aside for outputs {Bytes(memory.Outputs)}");

    private static string? Shown(string? text) => text is null ? null : GgufText.Show(text);

    private static string Count(int count, string noun) => Invariant($"{count:N0} {noun}") + (count == 1 ? "" : "s");

    private static string Bytes(long bytes) => bytes switch
    {
        < 1000 => Invariant($"{bytes} bytes"),
        < 1_000_000 => Invariant($"{bytes / 1e3:0.0} kB"),
        < 1_000_000_000 => Invariant($"{bytes / 1e6:0.0} MB"),
        _ => Invariant($"{bytes / 1e9:0.00} GB"),
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
