using System.Diagnostics;

namespace Gateway.Tests.Testing;

/// <summary>A disk of a few megabytes (tmpfs) that a test can fill and make read-only.</summary>
internal sealed class SmallDisk : IDisposable
{
    private static readonly Lazy<string?> WhyMissing = new(Try);

    private SmallDisk(string folder) => Folder = folder;

    /// <summary>Why there is none; null where there is.</summary>
    public static string? Missing => WhyMissing.Value;

    public string Folder { get; }

    public static SmallDisk Mount()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-disk-").FullName;
        Assert.Equal(0, Run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder));
        return new SmallDisk(folder);
    }

    /// <summary>Writes a file until nothing more fits.</summary>
    public void Fill()
    {
        using var file = new FileStream(Path.Combine(Folder, "filler"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var size in new[] { 64 * 1024, 512 })
        {
            try
            {
                while (true)
                {
                    file.Write(new byte[size]);
                }
            }
            catch (IOException)
            {
                // Full, for blocks of this size.
            }
        }
    }

    public void Empty() => File.Delete(Path.Combine(Folder, "filler"));

    public void SetReadOnly(bool value) => Assert.Equal(0, Run("mount", "-o", $"remount,{(value ? "ro" : "rw")}", Folder));

    public void Dispose()
    {
        // Lazily: a file that is still open goes with its process.
        Run("umount", "-l", Folder);
        Directory.Delete(Folder);
    }

    private static string? Try()
    {
        try
        {
            using var disk = Environment.IsPrivilegedProcess ? Mount() : null;
            return disk is null ? "Only root can mount the small disk that this test fills." : null;
        }
        catch (Exception e) when (e is Xunit.Sdk.XunitException or System.ComponentModel.Win32Exception)
        {
            return "The small disk that this test fills cannot be mounted here.";
        }
    }

    private static int Run(string program, params IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}

/// <summary>A test that needs a <see cref="SmallDisk"/>; skipped, with the reason, where none can be had.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute() => Skip = SmallDisk.Missing;
}
