using FsCheck;
using FsCheck.Fluent;
using Gateway.Llama.Speculation;

namespace Gateway.Llama.Tests.Speculation;

public class PromptLookupTests
{
    [Fact]
    public void What_came_after_the_last_tokens_before_is_guessed()
    {
        var lookup = new PromptLookup();
        int[] tokens = [1, 2, 3, 4, 5, 6, 7, 1, 2, 3];
        lookup.Follow(tokens);

        Assert.True(lookup.HasGuess);
        var guesses = new int[4];
        lookup.Guess(tokens, guesses);
        Assert.Equal([4, 5, 6, 7], guesses);
    }

    [Fact]
    public void A_repetition_goes_on_beyond_what_there_is()
    {
        var lookup = new PromptLookup();
        int[] tokens = [9, 1, 2, 3, 1, 2, 3];
        lookup.Follow(tokens);

        var guesses = new int[8];
        lookup.Guess(tokens, guesses);
        Assert.Equal([1, 2, 3, 1, 2, 3, 1, 2], guesses);
    }

    [Fact]
    public void Nothing_is_guessed_of_what_was_not_there()
    {
        var lookup = new PromptLookup();
        lookup.Follow([1, 2, 3, 4, 5, 2, 3, 9]);
        Assert.False(lookup.HasGuess);
    }

    [Fact]
    public void The_rate_follows_how_often_guesses_were_right()
    {
        // After 1 2 3 comes another token each time: every guess is wrong.
        var (lookup, tokens) = (new PromptLookup(), new List<int> { 1, 2, 3 });
        lookup.Follow([.. tokens]);
        for (var i = 0; i < 40; i++)
        {
            foreach (var token in (int[])[100 + i, 1, 2, 3])
            {
                tokens.Add(token);
                lookup.Follow([.. tokens]);
            }
        }

        Assert.True(lookup.HasGuess);
        Assert.InRange(lookup.Rate(0), 0, 0.05);

        // And now always the same: every guess is right.
        for (var i = 0; i < 40; i++)
        {
            foreach (var token in (int[])[7, 8, 9])
            {
                tokens.Add(token);
                lookup.Follow([.. tokens]);
            }
        }

        Assert.InRange(lookup.Rate(0), 0.95, 1);
    }

    [Fact]
    public void Token_by_token_or_all_at_once_it_guesses_what_a_search_finds() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(300),
            Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
            {
                // Few different tokens, so that much repeats.
                var tokens = bytes.Select(b => b % 3).ToArray();
                var lookup = new PromptLookup();
                lookup.Follow(tokens);
                return (lookup.HasGuess ? FirstGuess(lookup, tokens) : null) == (Search(tokens) is { } found ? tokens[found] : (int?)null);
            }));

    private static int? FirstGuess(PromptLookup lookup, int[] tokens)
    {
        var guess = new int[1];
        lookup.Guess(tokens, guess);
        return guess[0];
    }

    private static int? Search(int[] tokens)
    {
        for (var behind = tokens.Length - 1; behind >= PromptLookup.Key && tokens.Length >= PromptLookup.Key; behind--)
        {
            if (tokens.AsSpan(behind - PromptLookup.Key, PromptLookup.Key).SequenceEqual(tokens.AsSpan(tokens.Length - PromptLookup.Key)))
            {
                return behind;
            }
        }

        return null;
    }
}
