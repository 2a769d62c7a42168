using System.Globalization;

namespace Gateway.Llama.Loading;

/// <summary>How many threads compute best: one a physical core, since two on one core share its vector units.</summary>
internal static class ProcessorTopology
{
    /// <summary>Physical cores that this process may use.</summary>
    public static int PhysicalCores { get; } = Math.Clamp(CountCores("/sys/devices/system/cpu") ?? Environment.ProcessorCount, 1, Environment.ProcessorCount);

    /// <summary>Counts groups of sibling threads; null where the system does not tell.</summary>
    internal static int? CountCores(string systemFolder)
    {
        try
        {
            var cores = new HashSet<string>(StringComparer.Ordinal);
            foreach (var cpu in Directory.EnumerateDirectories(systemFolder, "cpu*"))
            {
                var siblings = Path.Combine(cpu, "topology", "thread_siblings_list");
                if (int.TryParse(Path.GetFileName(cpu.AsSpan())[3..], NumberStyles.None, CultureInfo.InvariantCulture, out _) && File.Exists(siblings))
                {
                    cores.Add(File.ReadAllText(siblings).Trim());
                }
            }

            return cores.Count > 0 ? cores.Count : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
