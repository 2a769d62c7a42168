using Gateway.Configuration;

namespace Gateway.Exchanges;

/// <summary>What classes of data are called, as in the configuration; a fast way to it.</summary>
internal static class DataClassWords
{
    private static readonly string[] Words = [.. Enum.GetValues<DataClass>().Select(ConfigWords.Word)];

    public static readonly IReadOnlyList<string> All = Words;

    public static string Of(DataClass dataClass) => Words[(int)dataClass];
}
