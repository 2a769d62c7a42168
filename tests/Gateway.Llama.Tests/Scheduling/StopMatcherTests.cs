using FsCheck;
using FsCheck.Fluent;
using Gateway.Llama.Scheduling;

namespace Gateway.Llama.Tests.Scheduling;

public sealed class StopMatcherTests
{
    [Fact]
    public void Text_is_cut_at_the_first_stop_however_it_is_cut_into_pieces()
    {
        var letters = Gen.Elements("a", "b", "c", "\ud83d\ude42");
        var cases = from stops in Gen.NonEmptyListOf(Gen.NonEmptyListOf(letters).Select(string.Concat).Resize(3)).Resize(3)
                    from pieces in Gen.ListOf(Gen.ListOf(letters).Select(string.Concat).Resize(3)).Resize(8)
                    select (stops.ToArray(), pieces.ToArray());
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(cases.ToArbitrary(), input =>
        {
            var (stops, pieces) = input;
            var (text, stopped) = Run(stops, pieces);

            var whole = string.Concat(pieces);
            var first = EarliestCompleted(whole, stops, pieces);
            Assert.Equal(first >= 0, stopped);
            Assert.Equal(first >= 0 ? whole[..first] : whole, text);
        }));
    }

    [Fact]
    public void What_could_become_a_stop_is_held_back()
    {
        var output = NewGeneration();
        var matcher = new StopMatcher(["</end>"]);

        matcher.Append("text <", output);
        Assert.Equal("text ", Read(output));
        matcher.Append("/en", output);
        Assert.Equal("", Read(output));
        matcher.Append("ough", output);
        Assert.Equal("</enough", Read(output));
        Assert.False(matcher.Stopped);
    }

    [Fact]
    public void What_was_held_back_comes_when_the_answer_ends_without_a_stop()
    {
        var output = NewGeneration();
        var matcher = new StopMatcher(["STOP"]);
        matcher.Append("a STO", output);

        matcher.Flush(output);

        Assert.Equal("a STO", Read(output));
    }

    internal static Generation NewGeneration(params string[] stop) =>
        new(new GenerationRequest { Prompt = [1], MaxTokens = 100, Stop = stop }, [1], 100, CancellationToken.None);

    internal static string Read(Generation generation) => generation.TryRead(out var chunk) ? chunk.Text : "";

    private static (string Text, bool Stopped) Run(string[] stops, string[] pieces)
    {
        var output = NewGeneration();
        var matcher = new StopMatcher(stops);
        foreach (var piece in pieces)
        {
            matcher.Append(piece, output);
        }

        matcher.Flush(output);
        return (Read(output), matcher.Stopped);
    }

    /// <summary>Start of the stop that stands first in the text when, piece by piece, some stop is complete for the first time.</summary>
    private static int EarliestCompleted(string whole, string[] stops, string[] pieces)
    {
        var end = 0;
        foreach (var piece in pieces)
        {
            end += piece.Length;
            var starts = stops.Select(stop => whole[..end].IndexOf(stop, StringComparison.Ordinal)).Where(start => start >= 0).ToArray();
            if (starts.Length > 0)
            {
                return starts.Min();
            }
        }

        return -1;
    }
}
