using System.Globalization;
using Gateway.Llama.Gguf;

namespace Gateway.Llama.Loading;

/// <summary>The problems of a file as one clause of an error message.</summary>
internal static class ProblemList
{
    // What a log line holds; `models inspect` shows all.
    private const int MostShown = 3;

    public static string Join(IReadOnlyList<GgufProblem> problems)
    {
        var shown = string.Join("; ", problems.Take(MostShown));
        return problems.Count <= MostShown
            ? shown
            : string.Create(CultureInfo.InvariantCulture, $"{shown}; and {problems.Count - MostShown} more problems");
    }
}
