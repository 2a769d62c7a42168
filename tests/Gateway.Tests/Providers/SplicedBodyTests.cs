using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Exchanges;
using Gateway.Providers;

namespace Gateway.Tests.Providers;

public sealed class SplicedBodyTests
{
    private const string Replacement = "\"vendor/\\u00e9 name\"";

    private static readonly Gen<string> Space = Gen.Elements("", "", "", " ", "\n", "\t\r\n ");

    // Every character may be written as itself or as an escape; both must survive.
    private static readonly Gen<string> Text = Gen.Elements(
            "a", "m", "model", "\\u006dodel", "\\\"", "\\\\", "\\/", "\\n", "{", "}", "[", "]", ",", ":", "\u00FC", "\uD83D\uDE00", "\\ud83d\\ude00", "\u2028", " ", "0")
        .ListOf().Select(parts => $"\"{string.Concat(parts.Take(8))}\"");

    private static readonly Gen<string> Value = Gen.Sized(size => ValueOf(Math.Min(size, 4)));

    [Fact]
    public void All_but_the_models_name_stays_byte_for_byte()
    {
        var objects =
            from before in Members()
            from name in Gen.Elements("\"model\"", "\"m\\u006fdel\"", "\"\\u006D\\u006F\\u0064\\u0065\\u006C\"")
            from value in Text.Where(t => JsonSerializer.Deserialize<string>(t)!.Length > 0)
            from after in Members()
            from s in Space.ArrayOf(6)
            select new[] { $"{s[0]}{{{s[1]}{before}{name}{s[2]}:{s[3]}", value, $"{s[4]}{(after.Length > 0 ? "," + after.TrimEnd(',') : "")}}}{s[5]}" };

        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(2_000), Prop.ForAll(objects.ToArbitrary(), parts =>
        {
            var bytes = Encoding.UTF8.GetBytes(string.Concat(parts));
            var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(bytes.Length + 1);
            bytes.CopyTo(buffer, 0);
            using var envelope = RequestEnvelopeReader.Read(buffer, bytes.Length, out var error);

            Assert.Null(error);
            Assert.Equal(JsonSerializer.Deserialize<string>(parts[1]), envelope!.Model);
            var spliced = new SplicedBody(envelope.Body, new Splice(envelope.ModelRange, Encoding.UTF8.GetBytes(Replacement)));
            var expected = Encoding.UTF8.GetBytes(parts[0] + Replacement + parts[2]);
            Assert.Equal(expected.Length, spliced.Length);
            foreach (var size in new[] { 1, 3, 4096 })
            {
                Assert.Equal(expected, ReadAll(new SplicedBody(envelope.Body, new Splice(envelope.ModelRange, Encoding.UTF8.GetBytes(Replacement))), size));
            }

            Assert.Equal(bytes, ReadAll(new SplicedBody(envelope.Body), 5));
        }));
    }

    private static byte[] ReadAll(Stream stream, int bufferSize)
    {
        var all = new MemoryStream();
        var buffer = new byte[bufferSize];
        int read;
        while ((read = stream.Read(buffer)) > 0)
        {
            all.Write(buffer, 0, read);
        }

        return all.ToArray();
    }

    // Members that are not the model in any spelling, each with a comma behind it.
    private static Gen<string> Members() =>
        (from name in Text.Where(t => !JsonSerializer.Deserialize<string>(t)!.Equals("model", StringComparison.OrdinalIgnoreCase))
         from value in Value
         from s in Space.ArrayOf(3)
         select $"{name}{s[0]}:{s[1]}{value}{s[2]},").ListOf().Select(m => string.Concat(m.Take(4)));

    private static Gen<string> ValueOf(int depth) => depth == 0
        ? Gen.OneOf(Text, Gen.Elements("null", "true", "false", "0", "-0.0", "1e400", "123456789012345678901234567890", "[]", "{}"))
        : Gen.OneOf(
            ValueOf(0),
            ValueOf(depth - 1).ListOf().Select(v => $"[{string.Join(",", v.Take(3))}]"),
            from name in Gen.Elements("\"model\"", "\"x\"", "\"Model\"") from value in ValueOf(depth - 1) select $"{{{name}:{value}}}");
}
