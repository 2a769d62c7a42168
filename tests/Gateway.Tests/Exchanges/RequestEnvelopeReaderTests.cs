using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Exchanges;

namespace Gateway.Tests.Exchanges;

public sealed class RequestEnvelopeReaderTests
{
    private const string Sample = """{"model":"plain","stream":true,"messages":[{"role":"user","content":"a\u00e9\ud83d\ude00"}],"n":[1.5e3,null,{}]}""";

    private static readonly string[] Scraps =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\\udc00", "\\u006d", "null", "true", "1e", "-", "\0", "\uFEFF", "\"model\"", "\"MODEL\":1,", "\"stream\":", "//",
    ];

    [Fact]
    public void Whatever_comes_is_read_or_refused()
    {
        var edits =
            from at in Gen.Choose(0, Sample.Length)
            from cut in Gen.Choose(0, 6)
            from scrap in Gen.Elements(Scraps)
            select (at, cut, scrap);
        var texts = edits.ListOf().Select(list =>
        {
            var text = new StringBuilder(Sample);
            foreach (var (at, cut, scrap) in list.Take(3))
            {
                var start = Math.Min(at, text.Length);
                text.Remove(start, Math.Min(cut, text.Length - start)).Insert(start, scrap);
            }

            return Encoding.UTF8.GetBytes(text.ToString());
        });
        var bytes = Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf();

        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(5_000), Prop.ForAll(Gen.OneOf(texts, bytes).ToArbitrary(), body =>
        {
            var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(body.Length + 1);
            body.CopyTo(buffer, 0);
            using var envelope = RequestEnvelopeReader.Read(buffer, body.Length, out var error);

            Assert.NotEqual(envelope is null, error is null);
            Assert.True(error is null || error.Status == 400);
        }));
    }
}
