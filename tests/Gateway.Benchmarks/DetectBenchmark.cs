using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Configuration;
using Gateway.Exchanges;
using Gateway.Privacy;
using Gateway.Residency;
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

        foreach (var (size, clean1, hits1) in (ReadOnlySpan<(string, string, string)>)[("1 KB", prose[..1024], hits[..1024]), ("30 KB", prose[..(30 * 1024)], hits[..(30 * 1024)])])
        {
            MeasurePath($"a request of {size} without hits", clean1, PrivacyAction.Raise);
            MeasurePath($"a request of {size} with hits, raised", hits1, PrivacyAction.Raise);
            MeasurePath($"a request of {size} with hits, redacted", hits1, PrivacyAction.Redact);
        }

        MeasureStream();
        return 0;
    }

    // What the stage adds to a request: the body's strings, the detectors, and the body that goes elsewhere.
    private static void MeasurePath(string name, string prompt, PrivacyAction action)
    {
        var (privacy, residency) = Models(action);
        using var envelope = EnvelopeOf(prompt);
        var (findings, redacted) = (0, 0);
        var (each, allocated) = Best(Math.Max(1, 1_000_000 / prompt.Length), () =>
        {
            var screening = RequestScreen.Look(privacy, "t", residency.Policies[0], residency.Classes.Lowest, envelope, mayLeave: true);
            (findings, redacted) = (screening.Findings.Counts.Values.Sum(), screening.Redaction?.Replaced.Counts.Values.Sum() ?? 0);
            screening.Redaction?.Dispose();
        });
        Console.WriteLine($"detect: {name}: {each.TotalMicroseconds:F0} us added, {findings} found, {redacted} replaced, {allocated} bytes allocated");
    }

    // What an event of a stream costs more, with a placeholder in every tenth.
    private static void MeasureStream()
    {
        const int Events = 1000;
        var (privacy, residency) = Models(PrivacyAction.Redact);
        using var envelope = EnvelopeOf("CPF 529.982.247-25");
        using var redaction = RequestScreen.Look(privacy, "t", residency.Policies[0], residency.Classes.Lowest, envelope, mayLeave: true).Redaction!;
        var lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, Events).Select(i => $"data: {{\"id\":\"c\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{(i % 10 == 0 ? "<br_cpf:1>" : " word")}\"}},\"finish_reason\":null}}]}}\n\n")));
        var output = new ArrayBufferWriter<byte>(lines.Length * 2);
        var (each, allocated) = Best(4, () =>
        {
            output.ResetWrittenCount();
            new AnswerRewriter(redaction, null).RewriteLines(lines, output);
        });
        Console.WriteLine($"detect: an event of a stream that is restored: {each.TotalMicroseconds / Events:F2} us added, {allocated / Events} bytes allocated");
    }

    private static (PrivacyModel Privacy, ResidencyModel Residency) Models(PrivacyAction action)
    {
        var config = new GatewayConfig { Tenants = [new TenantConfig { Name = "t", Privacy = [new PrivacyRuleConfig { Action = action }] }] };
        var residency = new ResidencyModel(config);
        return (new PrivacyModel(config, residency.Classes), residency);
    }

    private static RequestEnvelope EnvelopeOf(string prompt)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new { model = "m", messages = new[] { new { role = "user", content = prompt } } });
        var buffer = ArrayPool<byte>.Shared.Rent(body.Length);
        body.CopyTo(buffer, 0);
        return RequestEnvelopeReader.Read(buffer, body.Length, out _)!;
    }

    private static (TimeSpan Each, long Allocated) Best(int repeats, Action run)
    {
        var (best, allocated) = (TimeSpan.MaxValue, 0L);
        for (var round = 0; round < Rounds; round++)
        {
            var (before, started) = (GC.GetAllocatedBytesForCurrentThread(), Environment.CpuUsage.TotalTime);
            for (var i = 0; i < repeats; i++)
            {
                run();
            }

            var taken = Environment.CpuUsage.TotalTime - started;
            best = taken < best ? taken : best;
            allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / repeats;
        }

        return (best / repeats, allocated);
    }

    // Time of the processor, not of the clock: the machine may have other things to do.
    private static void Measure(PersonalDataDetector detector, string name, string text)
    {
        var (found, bytes) = (new List<PersonalDataSpan>(), Encoding.UTF8.GetByteCount(text));
        var repeats = Math.Max(1, 4_000_000 / bytes);
        var (each, allocated) = Best(repeats, () =>
        {
            found.Clear();
            detector.Detect(text, found);
        });
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
