using System.Text;
using Gateway.Privacy;
using Gateway.Tests.Privacy.Corpus;

namespace Gateway.Benchmarks;

/// <summary>What the detectors take of one core: MB of UTF-8 a second, microseconds for a prompt, bytes allocated.</summary>
internal static class DetectBenchmark
{
    private const int Rounds = 12;

    public static int Run()
    {
        var detector = new PersonalDataDetector();
        var lines = new Lines(seed: 3);
        var clean = Join(lines.Clean(4000).Select(l => l.Text), 2_000_000);
        var prose = Join(["The gateway answers from a local model or forwards to an external one, and applies what the tenant may do on the way. "], 2_000_000);
        var hits = Join(lines.Plain(64).Select(l => l.Text), 2_000_000);
        var mixed = Join(lines.Plain(64).Select(l => l.Text).Zip(lines.Clean(4000), (h, c) => h + "\n" + c.Text), 2_000_000);
        var disguised = Join(lines.Disguised(112).Select(l => l.Text), 2_000_000);
        foreach (var (name, text) in (ReadOnlySpan<(string, string)>)
        [
            ("prose", prose), ("clean lines with numbers", clean), ("a hit in every second line", mixed), ("a hit in every line", hits), ("disguised hits", disguised), ("digits", new string('7', 2_000_000)),
            ("1 KB of prose", prose[..1024]), ("30 KB of prose", prose[..(30 * 1024)]), ("1 KB with hits", hits[..1024]), ("30 KB with hits", hits[..(30 * 1024)]),
        ])
        {
            Measure(detector, name, text);
        }

        return 0;
    }

    // Time of the processor, not of the clock: the machine may have other things to do.
    private static void Measure(PersonalDataDetector detector, string name, string text)
    {
        var (found, bytes) = (new List<PersonalDataSpan>(), Encoding.UTF8.GetByteCount(text));
        var repeats = Math.Max(1, 4_000_000 / bytes);
        var (best, allocated) = (TimeSpan.MaxValue, 0L);
        for (var round = 0; round < Rounds; round++)
        {
            var (before, started) = (GC.GetAllocatedBytesForCurrentThread(), Environment.CpuUsage.TotalTime);
            for (var i = 0; i < repeats; i++)
            {
                found.Clear();
                detector.Detect(text, found);
            }

            var taken = Environment.CpuUsage.TotalTime - started;
            best = taken < best ? taken : best;
            allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / repeats;
        }

        var each = best / repeats;
        Console.WriteLine($"detect: {name}: {bytes / each.TotalSeconds / 1e6:F0} MB/s, {each.TotalMicroseconds:F0} us, {found.Count} found, {allocated} bytes allocated");
    }

    private static string Join(IEnumerable<string> lines, int length)
    {
        var (text, all) = (new StringBuilder(), lines.ToList());
        for (var i = 0; text.Length < length; i++)
        {
            text.Append(all[i % all.Count]).Append('\n');
        }

        return text.ToString();
    }
}
