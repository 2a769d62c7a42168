using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Exchanges;
using Gateway.Privacy;
using Gateway.Residency;
using Gateway.Tests.Privacy.Corpus;

namespace Gateway.Tests.Privacy;

/// <summary>Redacted and then restored over every cut of a stream, a text is what it was; and what went out held none of its values.</summary>
public sealed class RoundTripTests
{
    private static readonly string[] Scraps =
    [
        "<", ">", "<br_cpf:1>", "<email:", "<phone:12", "br_cpf:2", "&lt;", "\\", "\\u003c", "\"", "{\"a\":\"", "\"}", "```json\n{", "\n", "\t", " ", "é", "ñ", "आ", "😀", "\u202E", "\u200B", "0", "<br_cpf:zzz>", "1,", "[",
    ];

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly PrivacyModel _privacy;
    private readonly ResidencyModel _residency;

    public RoundTripTests()
    {
        using var folder = new Configuration.ConfigFolder();
        var config = folder.Load(
            """
            models: [{ name: m, deployments: [far] }]
            deployments: [{ name: far, kind: openai-compatible, base_url: "http://127.0.0.1:1/v1" }]
            policies: [{ name: open, classes: { public: { anywhere: true } } }]
            tenants: [{ name: t, models: [m], policy: open, privacy: [{ action: redact }], keys: [{ name: k, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 }] }]
            """).Config!;
        _residency = new ResidencyModel(config);
        _privacy = new PrivacyModel(config, _residency.Classes);
    }

    [Fact]
    public void A_text_is_what_it_was_over_every_cut()
    {
        var values = new Lines(seed: 21).Plain(2).Concat(new Lines(seed: 22).Disguised(2)).Select(l => l.Text).ToArray();
        var text = Gen.OneOf(Gen.Elements(values), Gen.Elements(Scraps), Gen.Elements(Scraps)).ListOf(6).Select(string.Concat);
        var withValues = 0;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(150), Prop.ForAll(text.ToArbitrary(), t =>
        {
            var (redacted, sent, values) = Redact(t);
            if (redacted is null)
            {
                return sent == t;
            }

            withValues++;
            Assert.All(values.Where(v => v.Length >= 6), v => AssertWithout(v, sent));
            Assert.Equal(t, Stream(redacted, sent.Select(c => c.ToString())));
            for (var cut = 0; cut <= sent.Length; cut++)
            {
                Assert.Equal(t, Stream(redacted, [sent[..cut], sent[cut..]]));
            }

            return true;
        }));
        Assert.InRange(withValues, 50, 150);
    }

    [Fact]
    public void A_stream_is_the_same_however_its_bytes_come()
    {
        var (redacted, sent, _) = Redact("CPF 529.982.247-25 e ana@example.org.");
        var events = Encoding.UTF8.GetBytes(string.Concat(sent.Chunk(3).Select(c => Redacting.Event(0, $$"""{"content":{{Quote(new string(c))}}}"""))) + Redacting.Event(0, "{}", "\"stop\"") + "data: [DONE]\n\n");
        string? expected = null;
        foreach (var size in (ReadOnlySpan<int>)[events.Length, 1, 2, 3, 7, 64])
        {
            var output = new ArrayBufferWriter<byte>();
            var (rewriter, whole) = (new AnswerRewriter(redacted, null), new List<byte>());
            foreach (var chunk in events.Chunk(size))
            {
                whole.AddRange(chunk);
                var end = whole.LastIndexOf((byte)'\n') + 1;
                rewriter.RewriteLines(whole.GetRange(0, end).ToArray(), output);
                whole.RemoveRange(0, end);
            }

            rewriter.Complete(output);
            var told = Encoding.UTF8.GetString(output.WrittenSpan);
            Assert.Equal("CPF 529.982.247-25 e ana@example.org.", Redacting.Collect(told)["0.delta.content"]);
            Assert.Equal(expected ??= told, told);
        }
    }

    // Whatever stands around a value, and however its JSON is written, it does not go out.
    [Fact]
    public void Every_kind_is_taken_out_of_every_shape_of_json()
    {
        var (shapes, missed) = (0, new List<string>());
        foreach (var line in new Lines(seed: 31).Plain(4).Concat(new Lines(seed: 32).Disguised(8)))
        {
            var nested = JsonSerializer.Serialize(new { text = line.Text, list = new[] { line.Text } });
            foreach (var body in new[]
            {
                JsonSerializer.Serialize(new { model = "m", messages = new[] { new { role = "user", content = line.Text } } }),
                JsonSerializer.Serialize(new { model = "m", messages = new[] { new { role = "user", content = line.Text } } }, Relaxed),
                JsonSerializer.Serialize(new { model = "m", messages = new[] { new { role = "user", content = nested } } }),
            })
            {
                var found = Detecting.Find(line.Text);
                using var redacted = Look(body, out var envelope);
                using (envelope)
                {
                    if (found.Count == 0)
                    {
                        continue;
                    }

                    shapes++;
                    if (redacted is null)
                    {
                        missed.Add(body);
                        continue;
                    }

                    using var sent = JsonDocument.Parse(redacted.Envelope.Body);
                    var text = JsonText.Read(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(sent.RootElement.GetProperty("messages")[0].GetProperty("content"))[1..^1]);
                    if (text.StartsWith("{\"text\"", StringComparison.Ordinal))
                    {
                        using var inner = JsonDocument.Parse(text);
                        text = inner.RootElement.GetProperty("text").GetString()! + "\n" + inner.RootElement.GetProperty("list")[0].GetString();
                    }

                    Assert.All(found.Where(f => f.Length >= 6), f => AssertWithout(line.Text.Substring(f.Start, f.Length), text));
                }
            }
        }

        // What stands around a text may tell the detectors that it is something else.
        Assert.True(missed.Count * 100 <= shapes, $"{missed.Count} of {shapes}\n{string.Join('\n', missed.Take(20))}");
    }

    // Within a longer number it is another one.
    private static void AssertWithout(string value, string text) =>
        Assert.DoesNotMatch($"(?<![A-Za-z0-9]){System.Text.RegularExpressions.Regex.Escape(value)}(?![A-Za-z0-9])", text);

    private (RedactedRequest? Redacted, string Sent, IReadOnlyList<string> Values) Redact(string text)
    {
        var redacted = Look($$"""{"model":"m","messages":[{"role":"user","content":{{Quote(text)}}}]}""", out var envelope);
        using (envelope)
        {
            using var body = JsonDocument.Parse((redacted?.Envelope ?? envelope).Body);
            return (redacted, JsonText.Read(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(body.RootElement.GetProperty("messages")[0].GetProperty("content"))[1..^1]), ValuesOf(envelope));
        }
    }

    // As the request is read: what stands around a text may say more of it.
    private static List<string> ValuesOf(RequestEnvelope envelope)
    {
        var text = RequestText.Read(envelope.Body.Span, envelope.ModelRange);
        var (found, values) = (new List<PersonalDataSpan>(), new List<string>());
        Assert.True(Detecting.Detector.Detect(text.Text, found));
        foreach (var span in found)
        {
            values.Add(text.Text.Slice(span.Start, span.Length).ToString());
        }

        text.Return();
        return values;
    }

    private RedactedRequest? Look(string body, out RequestEnvelope envelope)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var buffer = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(buffer, 0);
        envelope = RequestEnvelopeReader.Read(buffer, bytes.Length, out _)!;
        var screening = RequestScreen.Look(_privacy, "t", _residency.PolicyOf("t"), _residency.Classes.Lowest, envelope, mayLeave: true);
        Assert.Equal((null, RedactionState.NotDone), (screening.Failure, screening.State));
        return screening.Redaction;
    }

    private static string Stream(RedactedRequest redacted, IEnumerable<string> pieces)
    {
        var (rewriter, output) = (new AnswerRewriter(redacted, null), new ArrayBufferWriter<byte>());
        foreach (var piece in pieces.Select(p => Redacting.Event(0, $$"""{"content":{{Quote(p)}}}""")).Append(Redacting.Event(0, "{}", "\"stop\"")))
        {
            rewriter.RewriteLines(Encoding.UTF8.GetBytes(piece), output);
        }

        return Redacting.Collect(Encoding.UTF8.GetString(output.WrittenSpan)).GetValueOrDefault("0.delta.content", "");
    }

    private static string Quote(string text)
    {
        var json = new StringBuilder().Append('"');
        JsonText.AppendEscaped(json, text);
        return json.Append('"').ToString();
    }
}
