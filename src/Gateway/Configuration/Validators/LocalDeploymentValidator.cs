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

            if (!first.TryAdd(ModelFile.Resolve(report.Document.Folder, path), i))
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
        (a.ContextLength, a.CacheCells, a.Parallel, a.Queue, a.Threads, a.PrefixCache, a.HostCache, a.Speculation)
        == (b.ContextLength, b.CacheCells, b.Parallel, b.Queue, b.Threads, b.PrefixCache, b.HostCache, b.Speculation)
        && (a.CacheType, a.FlashAttention, a.GpuLayers, a.Mmap, a.Mlock, a.Isolation) == (b.CacheType, b.FlashAttention, b.GpuLayers, b.Mmap, b.Mlock, b.Isolation);

    private static void CheckFile(string written, string key, ConfigReport report)
    {
        var path = ModelFile.Resolve(report.Document.Folder, written);
        if (ModelFile.Check(path) is { } problem)
        {
            report.Error(key, $"the file `{path}` {problem}");
        }
    }
}
