using Gateway.Llama.Scheduling;
using Gateway.Llama.Speculation;

namespace Gateway.Llama.Tests.Speculation;

public class DraftPlannerTests
{
    [Fact]
    public void Sure_guesses_are_tried_where_a_wider_step_costs_little()
    {
        var times = Times((1, 10), (8, 12), (16, 14));
        Assert.InRange(Choose(Repeating(), times, 1, most: 16), 8, 16);
    }

    [Fact]
    public void None_is_tried_where_each_token_costs_as_much_as_a_step()
    {
        var times = Times((1, 10), (2, 20), (8, 80), (16, 160));
        Assert.Equal(0, Choose(Repeating(), times, 1, most: 16));
    }

    [Fact]
    public void None_is_tried_before_anything_was_measured() => Assert.Equal(0, Choose(Repeating(), new StepTimes(), 1, most: 16));

    [Fact]
    public void Guesses_that_were_wrong_are_not_tried()
    {
        var times = Times((1, 10), (2, 13), (4, 19), (8, 31), (16, 55));
        Assert.Equal(0, Choose(Wrong(), times, 1, most: 16));
    }

    [Fact]
    public void With_many_streams_a_guess_has_to_be_surer()
    {
        // 7 ms a step and 3 ms a token. A guess that is right every other time pays alone, and not beside 31 others.
        var times = Times((1, 10), (2, 13), (4, 19), (8, 31), (16, 55), (32, 103), (64, 199));
        Assert.True(Choose(Halfway(), times, 1, most: 16) > 0);
        Assert.Equal(0, Choose(Halfway(), times, 32, most: 16));
    }

    [Fact]
    public void There_is_room_for_what_is_tried()
    {
        var times = Times((1, 10), (16, 11));
        Assert.Equal(2, Choose(Repeating(), times, 1, most: 2));
        Assert.Equal(0, Choose(Repeating(), times, 1, most: 0));

        var planner = new DraftPlanner();
        planner.Add(Repeating(), room: 3);
        planner.Add(Repeating(), room: 0);
        Assert.Equal(3, planner.Choose(new LookupSource(), times, 2, most: 16));
        Assert.Equal((3, 0), (planner[0], planner[1]));
    }

    [Fact]
    public void A_cost_that_was_measured_long_ago_is_tried_anew()
    {
        var times = Times((1, 10), (2, 100), (4, 100), (8, 100));
        Assert.Equal(0, Choose(Repeating(), times, 1, most: 8));
        for (var i = 0; i < StepTimes.Memory; i++)
        {
            times.Record(1, TimeSpan.FromMilliseconds(10));
        }

        Assert.True(Choose(Repeating(), times, 1, most: 8) > 0);
    }

    [Fact]
    public void The_likeliest_guesses_of_all_sequences_come_first()
    {
        var times = Times((1, 10), (4, 11), (64, 20));
        var planner = new DraftPlanner();
        planner.Add(Wrong(), room: 16);
        planner.Add(Repeating(), room: 16);

        Assert.Equal(6, planner.Choose(new LookupSource(), times, 2, most: 6));
        Assert.Equal((0, 6), (planner[0], planner[1]));
    }

    [Fact]
    public void What_it_takes_to_guess_is_a_part_of_the_cost()
    {
        // A token more costs next to nothing, and nine of ten guesses are right: each saves most of a step of 10 ms.
        var times = Times((1, 10), (64, 11));
        Assert.InRange(Choose(new Guesses(0.9), times, 1, most: 16, new Source(_ => 0.001)), 8, 16);
        Assert.InRange(Choose(new Guesses(0.9), times, 1, most: 16, new Source(_ => 0.005)), 1, 7);
        Assert.Equal(0, Choose(new Guesses(0.9), times, 1, most: 16, new Source(_ => 0.010)));

        // As is what has to be done before.
        Assert.Equal(0, Choose(new Guesses(0.9) { Seconds = 0.1 }, times, 1, most: 16, new Source(_ => 0.001)));
    }

    [Fact]
    public void Those_that_guess_together_share_what_it_takes()
    {
        // 5 ms for one, and next to nothing more for others beside it: what does not pay for one of eight pays for all of them.
        var (times, source) = (Times((1, 10), (64, 11)), new Source(sequences => 0.005 + (sequences * 1e-6)));
        var planner = new DraftPlanner();
        planner.Add(new Guesses(0.8), room: 4);
        Assert.Equal(0, planner.Choose(source, times, 8, most: 64));

        planner.Clear();
        for (var i = 0; i < 8; i++)
        {
            planner.Add(new Guesses(0.8), room: 4);
        }

        Assert.InRange(planner.Choose(source, times, 8, most: 64), 8, 32);
        Assert.All(Enumerable.Range(0, 8), i => Assert.InRange(planner[i], 1, 4));
    }

    private static int Choose(IGuesses guesses, StepTimes times, int tokens, int most, IGuessSource? source = null)
    {
        var planner = new DraftPlanner();
        planner.Add(guesses, most);
        var count = planner.Choose(source ?? new LookupSource(), times, tokens, most);
        Assert.Equal(count, planner[0]);
        return count;
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

    private sealed class Guesses(double rate) : IGuesses
    {
        public double Seconds { get; init; }

        public double Rate(int index) => rate;
    }

    /// <summary>A source of which only the cost matters.</summary>
    private sealed class Source(Func<int, double> seconds) : IGuessSource
    {
        public double SecondsOf(int sequences, StepTimes steps) => seconds(sequences);

        public void Follow(IReadOnlyList<RunningSequence> sequences) => throw new NotSupportedException();

        public void Guess(IReadOnlyList<RunningSequence> sequences) => throw new NotSupportedException();

        public void Forget(RunningSequence sequence) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
