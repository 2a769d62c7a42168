using Gateway.Llama;

namespace Gateway.Configuration.Validators;

/// <summary>A local deployment has a GGUF file, adapters that are files too, and a cache that one full request fits into.</summary>
internal sealed class LocalDeploymentValidator : IConfigValidator
{
    public void Validate(GatewayConfig config, ConfigReport report)
    {
        for (var i = 0; i < config.Deployments.Count; i++)
        {
            var (deployment, parent) = (config.Deployments[i], $"deployments[{i}]");
            if (deployment.Kind == DeploymentKind.Local && !report.IsUnusable($"{parent}.kind"))
            {
                ValidatePath(deployment, $"{parent}.path", report);
                ValidateDraft(deployment, parent, report);
                ValidateAdapters(deployment, $"{parent}.lora", report);
                ValidateSharing(config, i, report);
                ValidateSharedPrompts(deployment, parent, report);
                if (deployment is { FlashAttention: FlashAttention.Off, CacheType: KVCacheType.Q8 or KVCacheType.Q4 })
                {
                    report.Error($"{parent}.flash_attention", $"is `off`, and the cache_type `{ConfigWords.Word(deployment.CacheType.Value)}` needs it; remove one of the two");
                }

                if (deployment.CacheCells < deployment.ContextLength)
                {
                    report.Error($"{parent}.cache_cells", "is less than context_length, so a request of that length would never fit");
                }
            }
        }
    }

    private static void ValidatePath(DeploymentConfig deployment, string key, ConfigReport report)
    {
        if (string.IsNullOrWhiteSpace(deployment.Path))
        {
            report.Error(key, deployment.Path is null ? "is missing; the kind `local` needs the path of a GGUF file" : "is empty; write the path of a GGUF file");
            return;
        }

        CheckFile(deployment.Path, key, report);
    }

    private static void ValidateDraft(DeploymentConfig deployment, string parent, ConfigReport report)
    {
        var (key, speculation) = ($"{parent}.draft_model", $"{parent}.speculation");
        if (deployment.DraftModel is null)
        {
            if (deployment.Speculation == Speculate.Draft && !report.IsUnusable(key))
            {
                report.Error(speculation, "is `draft`, and there is no draft_model to guess; write the path of one, or remove this");
            }

            return;
        }

        if (deployment.Speculation != Speculate.Draft && report.Document.Contains(speculation))
        {
            report.Error(speculation, $"is `{ConfigWords.Word(deployment.Speculation)}`, and draft_model is there to guess; remove one of the two");
        }

        if (string.IsNullOrWhiteSpace(deployment.DraftModel))
        {
            report.Error(key, "is empty; write the path of a GGUF file");
            return;
        }

        CheckFile(deployment.DraftModel, key, report);
        if (deployment.Path is { Length: > 0 } path && string.Equals(FullPath(deployment.DraftModel, report), FullPath(path, report), StringComparison.Ordinal))
        {
            report.Warning(key, "is the model itself, so that a guess takes as long as it saves; name a smaller model of the same family");
        }
    }

    private static void ValidateAdapters(DeploymentConfig deployment, string parent, ConfigReport report)
    {
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < deployment.Lora.Count; i++)
        {
            var (path, key) = (deployment.Lora[i].Path, $"{parent}[{i}].path");
            if (path.Length == 0)
            {
                continue;
            }

            if (!first.TryAdd(FullPath(path, report), i))
            {
                report.Error(key, $"the adapter {ConfigText.Quote(path)} stands in this list twice; remove one, and set the `scale` of the other");
            }

            CheckFile(path, key, report);
        }
    }

    private static void ValidateSharedPrompts(DeploymentConfig deployment, string parent, ConfigReport report)
    {
        for (var i = 0; i < deployment.SharedPrompts.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(deployment.SharedPrompts[i]))
            {
                report.Error($"{parent}.shared_prompts[{i}]", "is empty; write the text that prompts begin with, or remove the line");
            }
        }

        if (deployment.SharedPrompts.Count > 0 && !deployment.PrefixCache)
        {
            report.Error($"{parent}.shared_prompts", "has no effect beside `prefix_cache: false`; remove one of the two");
        }
    }

    /// <summary>Two deployments of a file that are meant to share it, and do not for a setting that differs, take twice the memory.</summary>
    private static void ValidateSharing(GatewayConfig config, int index, ConfigReport report)
    {
        var deployment = config.Deployments[index];
        for (var i = 0; i < index; i++)
        {
            var other = config.Deployments[i];
            if (other.Kind == DeploymentKind.Local && (other.Lora.Count > 0 || deployment.Lora.Count > 0)
                && string.Equals(other.Path, deployment.Path, StringComparison.Ordinal) && !IsShared(other, deployment))
            {
                report.Warning(
                    $"deployments[{index}].path",
                    $"the file is loaded a second time, since {ConfigText.Quote(other.Name)} has other settings; with the same settings (context_length, cache_cells and so on) both share it");
                return;
            }
        }
    }

    private static bool IsShared(DeploymentConfig a, DeploymentConfig b) =>
        (a.ContextLength, a.CacheCells, a.Parallel, a.Queue, a.Threads, a.PrefixCache, a.HostCache, a.DraftModel)
        == (b.ContextLength, b.CacheCells, b.Parallel, b.Queue, b.Threads, b.PrefixCache, b.HostCache, b.DraftModel)
        && (a.DraftModel is not null || a.Speculation == b.Speculation)
        && (a.CacheType, a.FlashAttention, a.GpuLayers, a.Mmap, a.Mlock, a.Isolation) == (b.CacheType, b.FlashAttention, b.GpuLayers, b.Mmap, b.Mlock, b.Isolation);

    private static void CheckFile(string written, string key, ConfigReport report)
    {
        var path = FullPath(written, report);
        if (ModelFile.Check(path) is { } problem)
        {
            report.Error(key, $"the file `{path}` {problem}");
        }
    }

    private static string FullPath(string written, ConfigReport report) => ModelFile.Resolve(report.Document.Folder, written);
}
