using System.Globalization;
using Gateway.Llama.Gguf;
using Gateway.Llama.Scheduling;
using LLama.Native;
using Microsoft.Extensions.Logging;

namespace Gateway.Llama.Loading;

/// <summary>Loads the model that guesses for another, and tells why it could not.</summary>
internal static class DraftLoader
{
    // As llama.cpp's common/speculative.cpp has it: files of one family pad their vocabularies to different sizes, and the first tokens are often named anew.
    private const int MostPadding = 128;
    private const int FirstCompared = 5;

    /// <summary>Bytes that it takes.</summary>
    /// <param name="options">How it is hosted (<see cref="LlamaEngineOptions.OfDraft"/>).</param>
    /// <exception cref="LlamaLoadException">The file cannot be loaded.</exception>
    public static long Measure(LlamaEngineOptions options)
    {
        using var file = ModelLoader.OpenChecked(options, readWeights: false, CancellationToken.None);
        return MemoryEstimate.Of(file, options).Used;
    }

    /// <summary>Loads it. Its memory is taken already, with the target's.</summary>
    /// <param name="target">The model that it is to guess for.</param>
    /// <param name="options">How the target is hosted.</param>
    /// <param name="cells">Cells of the target's cache.</param>
    /// <param name="abort">The switch of the target's context.</param>
    /// <param name="logger">Told of what was asked for and cannot be had.</param>
    /// <param name="cancellationToken">Ends the load early.</param>
    /// <exception cref="LlamaLoadException">It cannot be loaded, or cannot guess for this model.</exception>
    public static LoadedDraft Load(
        SafeLlamaModelHandle target, LlamaEngineOptions options, int cells, AbortSwitch abort, ILogger logger, CancellationToken cancellationToken)
    {
        var draftOptions = options.OfDraft(cells);
        var path = draftOptions.ModelPath;
        var model = ModelLoader.Load(draftOptions, memory: null, progress: null, logger, out _, cancellationToken);
        try
        {
            CheckDraft(model, path);
            if (FindDifference(target.Vocab, model.Vocab) is { } difference)
            {
                throw new LlamaLoadException(
                    path, $"it cannot guess for '{options.ModelPath}', for their vocabularies are not the same: {difference}", "Take a small model of the same family, or leave the draft model out");
            }

            return new LoadedDraft(path, target, model, ContextFactory.Create(model, cells, draftOptions, abort));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>What a token of the one means and not of the other; null when guesses of the one are tokens of the other.</summary>
    internal static string? FindDifference(SafeLlamaModelHandle.Vocabulary target, SafeLlamaModelHandle.Vocabulary draft)
    {
        if (target.Type != draft.Type)
        {
            return $"{draft.Type} is not {target.Type}";
        }

        if (Math.Abs(target.Count - draft.Count) > MostPadding)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{draft.Count} tokens are not {target.Count}");
        }

        if (target.ShouldAddBOS != draft.ShouldAddBOS || (target.ShouldAddBOS && target.BOS != draft.BOS))
        {
            return "texts begin with another token (BOS)";
        }

        if (target.ShouldAddEOS != draft.ShouldAddEOS || (target.ShouldAddEOS && target.EOS != draft.EOS))
        {
            return "texts end with another token (EOS)";
        }

        for (var token = FirstCompared; token < Math.Min(target.Count, draft.Count); token++)
        {
            if (!string.Equals(target.Text(token), draft.Text(token), StringComparison.Ordinal))
            {
                return string.Create(CultureInfo.InvariantCulture, $"token {token} is {GgufText.Show(draft.Text(token))}, not {GgufText.Show(target.Text(token))}");
            }
        }

        return null;
    }

    /// <summary>Looks whether anything can guess for a model that is to have a draft.</summary>
    /// <exception cref="LlamaLoadException">Nothing can.</exception>
    public static void CheckTarget(SafeLlamaModelHandle target, LlamaModelInfo info, LlamaEngineOptions options)
    {
        var problem = options.DraftModelPath is null ? null
            : info.Task != ModelTask.Generate ? "does not continue texts"
            : PrefixMemories.Of(target) != PrefixMemory.Any ? "has a memory that tokens cannot be taken back from (recurrent layers, or a sliding window), so that no guess of them can be tried"
            : null;
        if (problem is not null)
        {
            throw new LlamaLoadException(options.DraftModelPath!, $"the model that it is to guess for ({info.Architecture}) {problem}", "Leave the draft model out");
        }
    }

    private static void CheckDraft(SafeLlamaModelHandle model, string path)
    {
        var problem = ModelTaskReader.Read(model, path).Task != ModelTask.Generate ? "it does not continue texts, so it cannot guess any"
            : PrefixMemories.Of(model) != PrefixMemory.Any ? "it has a memory that tokens cannot be taken back from (recurrent layers, or a sliding window), so that it cannot guess again"
            : null;
        if (problem is not null)
        {
            throw new LlamaLoadException(path, problem, "Take another draft model, or leave it out");
        }
    }
}
