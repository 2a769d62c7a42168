using Gateway.Llama.Speculation;
using LLama.Native;

namespace Gateway.Llama.Tests.Speculation;

public class DraftSequenceTests
{
    private readonly DraftSequence _draft = new((LLamaSeqId)0, vocabulary: 1000, rate: 0.5);
    private double _all = 0.5;

    [Fact]
    public void It_reads_what_it_has_not_read_and_the_last_token_always()
    {
        Follow(1, 2, 3);
        Assert.Equal(3, _draft.Behind);
        Read(1, 2, 3);
        Assert.Equal((0, 3), (_draft.Behind, _draft.Read));

        Follow(1, 2, 3);
        Assert.Equal(1, _draft.Behind);
        Follow(1, 2, 3, 4, 5);
        Assert.Equal(2, _draft.Behind);
    }

    [Fact]
    public void Of_its_guesses_it_keeps_those_that_came()
    {
        Follow(1, 2);
        Read(1, 2);
        Guess([1, 2], 3, 4, 5);

        // The last one it has not read.
        Assert.Equal(4, _draft.Read);
        Follow(1, 2, 3, 9);
        Assert.Equal(3, _draft.Begin([1, 2, 3, 9], wanted: 1));
        Assert.Equal((3, 1), (_draft.Read, _draft.Behind));
    }

    [Fact]
    public void The_rate_follows_how_often_guesses_came()
    {
        for (var i = 0; i < 40; i++)
        {
            Guess([1, 2], 3, 4);
            Follow(1, 2, 3, 4, 5);
        }

        Assert.InRange(_draft.Rate(0), 0.95, 1);
        Assert.InRange(_all, 0.85, 1);
        for (var i = 0; i < 40; i++)
        {
            Guess([1, 2], 3, 4);
            Follow(1, 2, 9);
        }

        Assert.InRange(_draft.Rate(0), 0, 0.05);
    }

    [Fact]
    public void A_guess_that_was_wanted_and_not_made_is_a_wrong_one()
    {
        _draft.Begin([1, 2], wanted: 4);
        Follow(1, 2, 3);
        Assert.InRange(_draft.Rate(0), 0.4, 0.45);
    }

    [Fact]
    public void What_was_not_tried_says_nothing()
    {
        Guess([1, 2], 3, 4);
        Follow(1, 2);
        Assert.Equal(0.5, _draft.Rate(0));

        Guess([1, 2], 3, 4);
        _draft.TakeBack();
        Follow(1, 2, 9);
        Assert.Equal(0.5, _draft.Rate(0));
    }

    [Fact]
    public void One_that_was_hard_to_guess_is_tried_again_later()
    {
        for (var i = 0; i < 40; i++)
        {
            Guess([1, 2], 3);
            Follow(1, 2, 9);
        }

        _all = 0.8;
        for (var i = 0; i < 300; i++)
        {
            Follow(1, 2, 9);
        }

        Assert.InRange(_draft.Rate(0), 0.65, 0.8);
    }

    [Fact]
    public void A_token_that_the_draft_does_not_know_ends_its_guesses_for_good()
    {
        Follow(1, 2, 1000);
        Assert.Equal(0, _draft.Rate(0));
        Follow(1, 2, 1000, 3);
        Assert.Equal(0, _draft.Rate(0));
    }

    private void Follow(params int[] tokens) => _draft.Follow(tokens, ref _all);

    private void Read(params int[] tokens) => _draft.Add(tokens);

    private void Guess(int[] tokens, params int[] guesses)
    {
        _draft.Add(tokens.AsSpan(_draft.Begin(tokens, guesses.Length)));
        foreach (var guess in guesses)
        {
            _draft.AddGuess(guess);
        }

        _draft.Add(guesses.AsSpan(0, guesses.Length - 1));
    }
}
