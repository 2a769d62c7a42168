using System.Globalization;

namespace Gateway.Configuration;

/// <summary>Something wrong, or worth a warning, in the file.</summary>
/// <param name="File">The file as the caller named it.</param>
/// <param name="Line">From 1; 0 when it is the file as a whole.</param>
/// <param name="Column">From 1; 0 when it is the file as a whole.</param>
/// <param name="Key">Path of the key, such as <c>tenants[0].keys[2].sha256</c>; empty for the whole file.</param>
/// <param name="Message">What is wrong and what to do. Holds no value of the file that may be a secret.</param>
internal readonly record struct ConfigError(string File, int Line, int Column, string Key, string Message)
{
    public override string ToString()
    {
        var place = Line == 0 ? File : string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}");
        return Key.Length == 0 ? $"{place}: {Message}" : $"{place}: {Key}: {Message}";
    }
}
