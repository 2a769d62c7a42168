using System.Collections.Frozen;
using Gateway.Llama;
using Gateway.Llama.Chat;

namespace Gateway.Engine;

/// <summary>An engine with what the service needs beside it.</summary>
internal sealed record LoadedEngine : IAsyncDisposable
{
    private LoadedEngine(LlamaEngine engine, ChatTemplate template)
    {
        Engine = engine;
        Template = template;
        ThoughtTokens = template.ThoughtMarks.SelectMany(engine.FindSpecialTokens).ToFrozenSet();
        CallTokens = template.CallMarks.SelectMany(engine.FindSpecialTokens).Concat(ThoughtTokens).ToFrozenSet();
    }

    public LlamaEngine Engine { get; }

    public ChatTemplate Template { get; }

    /// <summary>What the deployment's answers are made with, beside the model's own weights.</summary>
    public IReadOnlyList<AppliedAdapter> Adapters { get; init; } = [];

    /// <summary>Special tokens that set off the model's thoughts.</summary>
    public IReadOnlySet<int> ThoughtTokens { get; }

    /// <summary>As <see cref="ThoughtTokens"/>, and those that structure calls of tools.</summary>
    public IReadOnlySet<int> CallTokens { get; }

    /// <exception cref="LlamaLoadException">The template that the model's file carries is not valid.</exception>
    public static LoadedEngine Create(LlamaEngine engine, string modelPath, TimeProvider time) =>
        ChatTemplate.TryCreate(engine.Info.ChatTemplate, engine.Info.BosText, engine.Info.EosText, time, out var template, out var error)
            ? new LoadedEngine(engine, template)
            : throw new LlamaLoadException(
                modelPath, $"its chat template (tokenizer.chat_template) is not valid: {error}", "Take a file with a valid template");

    public ValueTask DisposeAsync() => Engine.DisposeAsync();
}
