using System.Text;

namespace Gateway.Configuration;

/// <summary>
/// Gets secrets from where the file says they are. Messages name the variable or the file, never what is in it, and never a value that
/// was written out by mistake.
/// </summary>
/// <param name="folder">What relative paths are relative to.</param>
/// <param name="environment">Value of an environment variable, or null.</param>
internal sealed class SecretReader(string folder, Func<string, string?> environment)
{
    public const int LargestFile = 64 * 1024;

    private const string FilePrefix = "file:";
    private const string HowToWrite = "write ${NAME} or file:PATH, never the secret itself";

    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);

    /// <summary>The files that were asked for, with the hash of their content.</summary>
    public IReadOnlyDictionary<string, string> Files => _files;

    public ConfigValue Read(ConfigScalar scalar)
    {
        var text = scalar.Text;
        if (text.StartsWith(FilePrefix, StringComparison.Ordinal))
        {
            return ReadFile(text[FilePrefix.Length..]);
        }

        return text.Contains('$', StringComparison.Ordinal)
            ? Expand(text)
            : ConfigValue.Wrong($"a secret does not stand in the file; {HowToWrite}");
    }

    private ConfigValue ReadFile(string name)
    {
        if (name.Length == 0 || name.Contains("${", StringComparison.Ordinal) || ConfigText.IndexOfControl(name) >= 0)
        {
            return ConfigValue.Wrong("file: needs the path of a file, and nothing else");
        }

        var path = Path.GetFullPath(name, folder);
        var content = ConfigFile.Read(path, LargestFile);
        _files[path] = content.Hash;
        if (content.Bytes is null)
        {
            return ConfigValue.Wrong($"the file {ConfigText.Quote(path)} {content.Error}");
        }

        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content.Bytes);
        }
        catch (DecoderFallbackException)
        {
            return ConfigValue.Wrong($"the file {ConfigText.Quote(path)} is not UTF-8 text");
        }

        // `echo secret > file` and most editors end it with a line break that is no part of the secret.
        text = text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
        return Usable(text, $"the file {ConfigText.Quote(path)}");
    }

    private ConfigValue Expand(string text)
    {
        var value = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            var dollar = text.IndexOf('$', at);
            if (dollar < 0)
            {
                value.Append(text, at, text.Length - at);
                break;
            }

            value.Append(text, at, dollar - at);
            if (NameAt(text, dollar) is not { } name)
            {
                return ConfigValue.Wrong($"a `$` that is not a ${{NAME}} of letters, digits and `_`; {HowToWrite}");
            }

            var variable = environment(name);
            if (string.IsNullOrEmpty(variable))
            {
                return ConfigValue.Wrong($"the environment variable {ConfigText.Quote(name)} is {(variable is null ? "not set" : "empty")}");
            }

            var usable = Usable(variable, $"the environment variable {ConfigText.Quote(name)}");
            if (usable.Error is not null)
            {
                return usable;
            }

            value.Append(variable);
            at = dollar + name.Length + "${}".Length;
        }

        return Usable(value.ToString(), "the secret");
    }

    /// <summary>The name in the <c>${NAME}</c> that begins here.</summary>
    private static string? NameAt(string text, int dollar)
    {
        if (!text.AsSpan(dollar).StartsWith("${") || text.IndexOf('}', dollar) is not (> 0 and var close))
        {
            return null;
        }

        var name = text[(dollar + 2)..close];
        return name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? name : null;
    }

    private static ConfigValue Usable(string value, string source)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            return ConfigValue.Wrong($"{source} is empty");
        }

        // In a header it would begin another header.
        return ConfigText.IndexOfControl(value) >= 0
            ? ConfigValue.Wrong($"{source} holds a line break or a control character")
            : ConfigValue.Of(new Secret(value));
    }
}
