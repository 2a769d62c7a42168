namespace Gateway.Configuration;

/// <summary>What names look like. They become part of URLs, headers, metric labels and log lines, so they are ASCII without spaces.</summary>
internal static class Names
{
    public const string Plain = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$";
    public const string PlainInWords = "1 to 128 letters (a-z), digits, `.`, `_` or `-`, the first a letter or a digit";

    /// <summary>Names in use have slashes and colons: <c>meta-llama/Llama-3.1-8B</c>, <c>llama3:8b</c>.</summary>
    public const string OfModels = "^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$";
    public const string OfModelsInWords = "1 to 128 letters (a-z), digits, `.`, `_`, `-`, `:` or `/`, the first a letter or a digit";

    /// <summary>Names that differ in case only would be the same to YARP, and to people.</summary>
    public static StringComparer Comparer => StringComparer.OrdinalIgnoreCase;
}
