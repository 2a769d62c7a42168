using System.Collections.Frozen;
using Gateway.Llama;
using Gateway.Llama.Chat;

namespace Gateway.Engine;

/// <summary>An engine of this process, with what the service needs beside it.</summary>
internal sealed record InProcessEngine : LoadedEngine
{
    private InProcessEngine(LlamaEngine engine, ChatTemplate template)
    {
        Engine = engine;
        Template = template;
        ThoughtTokens = template.ThoughtMarks.SelectMany(engine.FindSpecialTokens).ToFrozenSet();
        CallTokens = template.CallMarks.SelectMany(engine.FindSpecialTokens).Concat(ThoughtTokens).ToFrozenSet();
    }

    public LlamaEngine Engine { get; }

    public ChatTemplate Template { get; }

    /// <summary>What the deployment's answers are made with, beside the model's own weights.</summary>
    public IReadOnlyList<AppliedAdapter> Adapters { get; private init; } = [];

    /// <summary>Special tokens that set off the model's thoughts.</summary>
    public IReadOnlySet<int> ThoughtTokens { get; }

    /// <summary>As <see cref="ThoughtTokens"/>, and those that structure calls of tools.</summary>
    public IReadOnlySet<int> CallTokens { get; }

    public override LlamaModelInfo Info => Engine.Info;

    public override LlamaEngineStatistics Statistics => Engine.Statistics;

    public override IReadOnlyCollection<LlamaTenantStatistics> Tenants => Engine.Tenants;

    /// <exception cref="LlamaLoadException">The template that the model's file carries is not valid.</exception>
    public static InProcessEngine Create(LlamaEngine engine, string modelPath, TimeProvider time) =>
        ChatTemplate.TryCreate(engine.Info.ChatTemplate, engine.Info.BosText, engine.Info.EosText, time, out var template, out var error)
            ? new InProcessEngine(engine, template)
            : throw new LlamaLoadException(
                modelPath, $"its chat template (tokenizer.chat_template) is not valid: {error}", "Take a file with a valid template");

    public override async Task<LoadedEngine> WithAdaptersAsync(IReadOnlyList<AdapterFile> files)
    {
        var adapters = new List<AppliedAdapter>(files.Count);
        try
        {
            foreach (var file in files)
            {
                adapters.Add(new(await Engine.LoadAdapterAsync(file.Path), file.Scale));
            }
        }
        catch
        {
            adapters.ForEach(a => a.Adapter.Dispose());
            throw;
        }

        return this with { Adapters = adapters };
    }

    public override Task ReleaseAdaptersAsync()
    {
        foreach (var adapter in Adapters)
        {
            adapter.Adapter.Dispose();
        }

        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync() => Engine.DisposeAsync();
}
