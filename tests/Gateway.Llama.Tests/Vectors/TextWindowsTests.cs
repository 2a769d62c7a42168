using FsCheck;
using FsCheck.Fluent;
using Gateway.Llama.Vectors;

namespace Gateway.Llama.Tests.Vectors;

public sealed class TextWindowsTests
{
    [Fact]
    public void Windows_hold_all_of_a_text_are_full_and_share_an_eighth_at_least()
    {
        var lengths = ArbMap.Default.GeneratorFor<PositiveInt>().Select(n => n.Get).Zip(Gen.Choose(1, 600), (length, window) => (length, window));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(lengths.ToArbitrary(), pair =>
        {
            var (length, window) = (pair.length * 7, pair.window);
            var starts = TextWindows.Starts(length, window);
            return starts[0] == 0
                && (length <= window ? starts.Count == 1 : starts[^1] == length - window)
                && starts.Zip(starts.Skip(1), (first, second) => second > first && second - first <= window - (window / 8)).All(fits => fits);
        }));
    }

    [Fact]
    public void Each_window_is_wrapped_as_the_text_is()
    {
        int[] text = [0, .. Enumerable.Range(10, 30), 2];

        var windows = TextWindows.Cut(text, limit: 18, before: [0], after: [2]);

        Assert.All(windows, window => Assert.Equal((18, 0, 2), (window.Length, window[0], window[^1])));
        Assert.Equal(Enumerable.Range(10, 30), windows.SelectMany(window => window[1..^1]).Distinct());
    }

    [Fact]
    public void Tokens_without_wrapping_get_none()
    {
        var windows = TextWindows.Cut([.. Enumerable.Range(10, 30)], limit: 18, before: [0], after: [2]);

        Assert.All(windows, window => Assert.DoesNotContain(0, window));
        Assert.Equal(Enumerable.Range(10, 30), windows.SelectMany(window => window).Distinct());
    }

    [Fact]
    public void A_text_that_fits_stays_as_it_is() => Assert.Equal([[0, 5, 2]], TextWindows.Cut([0, 5, 2], limit: 3, before: [0], after: [2]));
}
