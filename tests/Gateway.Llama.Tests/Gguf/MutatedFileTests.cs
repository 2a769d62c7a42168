using Gateway.Llama.Gguf;

namespace Gateway.Llama.Tests.Gguf;

public sealed class MutatedFileTests
{
    [Fact]
    public void Whatever_stands_in_the_head_of_a_file_the_check_ends_in_little_memory()
    {
        // A check of the whole sound file takes some 2 MB.
        const long MostAllocated = 24 << 20;
        var sound = GgufBuilder.Model().ToBytes();
        var head = sound.Length - 50_000;
        for (var seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            var bytes = (byte[])sound.Clone();
            for (var changes = random.Next(1, 12); changes > 0; changes--)
            {
                Change(bytes, random, Math.Max(32, head));
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            using var file = GgufFile.Read(new MemoryStream(bytes, 0, random.Next(8) == 0 ? random.Next(bytes.Length) : bytes.Length, writable: false));
            var problems = GgufChecker.CheckModel(file);
            GgufChecker.CheckAdapter(file, file);
            ModelSummary.Of(file);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

            Assert.True(allocated < MostAllocated, $"Seed {seed} took {allocated} bytes.");
            Assert.InRange(problems.Count, 0, 1001);
        }
    }

    // Bytes, and numbers where lengths, counts and types are likely: at the borders of what 32 and 64 bits hold.
    private static void Change(byte[] bytes, Random random, int head)
    {
        ulong[] numbers = [0, 1, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, long.MaxValue, 1UL << 63, ulong.MaxValue];
        var at = 4 + random.Next(head - 12);
        switch (random.Next(3))
        {
            case 0:
                bytes[at] = (byte)random.Next(256);
                break;
            case 1:
                BitConverter.TryWriteBytes(bytes.AsSpan(at), numbers[random.Next(numbers.Length)]);
                break;
            default:
                BitConverter.TryWriteBytes(bytes.AsSpan(at), (uint)numbers[random.Next(numbers.Length)]);
                break;
        }
    }
}
