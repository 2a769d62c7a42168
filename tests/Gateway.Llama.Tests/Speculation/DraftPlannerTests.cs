using Gateway.Llama.Speculation;

namespace Gateway.Llama.Tests.Speculation;

public class DraftPlannerTests
{
    [Fact]
    public void Sure_guesses_are_tried_where_a_wider_step_costs_little()
    {
        var times = Times((1, 10), (8, 12), (16, 14));
        var expected = 1.0;
        Assert.InRange(DraftPlanner.Choose(Repeating(), times, 1, ref expected, most: 16), 8, 16);
        Assert.InRange(expected, 5, 17);
    }

    [Fact]
    public void None_is_tried_where_each_token_costs_as_much_as_a_step()
    {
        var times = Times((1, 10), (2, 20), (8, 80), (16, 160));
        var expected = 1.0;
        Assert.Equal(0, DraftPlanner.Choose(Repeating(), times, 1, ref expected, most: 16));
        Assert.Equal(1, expected);
    }

    [Fact]
    public void Guesses_that_were_wrong_are_not_tried()
    {
        var times = Times((1, 10), (2, 13), (4, 19), (8, 31), (16, 55));
        var expected = 1.0;
        Assert.Equal(0, DraftPlanner.Choose(Wrong(), times, 1, ref expected, most: 16));
    }

    [Fact]
    public void With_many_streams_a_guess_has_to_be_surer()
    {
        // 7 ms a step and 3 ms a token. A guess that is right every other time pays alone, and not beside 31 others.
        var times = Times((1, 10), (2, 13), (4, 19), (8, 31), (16, 55), (32, 103), (64, 199));
        var (alone, beside) = (1.0, 32.0);
        Assert.True(DraftPlanner.Choose(Halfway(), times, 1, ref alone, most: 16) > 0);
        Assert.Equal(0, DraftPlanner.Choose(Halfway(), times, 32, ref beside, most: 16));
    }

    [Fact]
    public void There_is_room_for_what_is_tried()
    {
        var times = Times((1, 10), (16, 11));
        var expected = 1.0;
        Assert.Equal(2, DraftPlanner.Choose(Repeating(), times, 1, ref expected, most: 2));
        Assert.Equal(0, DraftPlanner.Choose(Repeating(), times, 1, ref expected, most: 0));
    }

    [Fact]
    public void A_cost_that_was_measured_long_ago_is_tried_anew()
    {
        var times = Times((1, 10), (2, 100), (4, 100), (8, 100));
        var expected = 1.0;
        Assert.Equal(0, DraftPlanner.Choose(Repeating(), times, 1, ref expected, most: 8));
        for (var i = 0; i < StepTimes.Memory; i++)
        {
            times.Record(1, TimeSpan.FromMilliseconds(10));
        }

        Assert.True(DraftPlanner.Choose(Repeating(), times, 1, ref expected, most: 8) > 0);
    }

    private static StepTimes Times(params (int Tokens, int Milliseconds)[] measured)
    {
        var times = new StepTimes();
        foreach (var (tokens, milliseconds) in measured)
        {
            times.Record(tokens, TimeSpan.FromMilliseconds(milliseconds));
        }

        return times;
    }

    private static PromptLookup Repeating() => Followed(Enumerable.Range(0, 90).Select(i => i % 30));

    private static PromptLookup Wrong() => Followed(Enumerable.Range(0, 60).SelectMany(i => (int[])[1, 2, 3, 100 + i]).Append(1).Append(2).Append(3));

    // After 1 2 3 comes 4 or something else, in turns.
    private static PromptLookup Halfway() => Followed(Enumerable.Range(0, 60).SelectMany(i => (int[])[1, 2, 3, (i / 2) % 2 == 0 ? 4 : 5, 1000 + i, 2000 + i]).Append(1).Append(2).Append(3));

    private static PromptLookup Followed(IEnumerable<int> tokens)
    {
        var (lookup, all) = (new PromptLookup(), tokens.ToArray());
        for (var length = 4; length <= all.Length; length++)
        {
            lookup.Follow(all.AsSpan(0, length));
        }

        return lookup;
    }
}
