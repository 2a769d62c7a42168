using System.Text.RegularExpressions;
using Gateway.Configuration;

namespace Gateway.Privacy;

/// <summary>Personal data of an operator's own. The engine without backtracking is linear in the text, whatever the pattern.</summary>
/// <param name="Name">Name of the kind.</param>
/// <param name="Expression">What it looks like.</param>
internal sealed record OwnPattern(string Name, Regex Expression)
{
    private const int MostCharacters = 512;

    // Linear, but the factor is the pattern's: a bound all the same. Whoever meets it takes the text as not read.
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(2);

    public static OwnPattern Of(PrivacyPatternConfig config) => new(config.Name, Compile(config.Pattern));

    /// <summary>What is wrong with a pattern; null when it can be used.</summary>
    public static string? Check(string pattern)
    {
        if (pattern.Length > MostCharacters)
        {
            return $"is longer than {MostCharacters} characters";
        }

        try
        {
            return Compile(pattern).IsMatch("") ? "matches the empty text, and with it every place" : null;
        }
        catch (NotSupportedException)
        {
            return "cannot be matched in bounded time; write it without back-references, look-around and atomic groups";
        }
        catch (ArgumentException e)
        {
            return $"is no regular expression: {e.Message}";
        }
    }

    private static Regex Compile(string pattern) => new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, MostTime);
}
