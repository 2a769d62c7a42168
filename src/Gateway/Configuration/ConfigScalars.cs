using System.Collections.Frozen;
using System.Globalization;

namespace Gateway.Configuration;

/// <summary>A value, or why it is none.</summary>
internal readonly record struct ConfigValue(object? Value, string? Error)
{
    public static ConfigValue Of(object value) => new(value, null);

    public static ConfigValue Wrong(string error) => new(null, error);
}

/// <summary>What plain values mean. Stricter than YAML 1.1, in which <c>NO</c> is false, <c>010</c> is eight and <c>1_0</c> is ten.</summary>
internal static class ConfigScalars
{
    private static readonly FrozenDictionary<Type, Func<ConfigScalar, ConfigValue>> Readers = new Dictionary<Type, Func<ConfigScalar, ConfigValue>>
    {
        [typeof(string)] = Text,
        [typeof(int)] = Integer,
        [typeof(double)] = Number,
        [typeof(decimal)] = Amount,
        [typeof(bool)] = Boolean,
        [typeof(TimeSpan)] = Time,
        [typeof(ByteSize)] = Memory,
        [typeof(DateTimeOffset)] = Moment,
    }.ToFrozenDictionary();

    /// <summary>Whether the type is written as one value; secrets are, and are read elsewhere.</summary>
    public static bool IsScalar(Type type) => type.IsEnum || type == typeof(Secret) || Readers.ContainsKey(type);

    public static ConfigValue Read(Type type, ConfigScalar scalar) => type.IsEnum ? Word(type, scalar) : Readers[type](scalar);

    private static ConfigValue Text(ConfigScalar scalar) => scalar.Text switch
    {
        var text when text.Contains("${", StringComparison.Ordinal) =>
            ConfigValue.Wrong("${NAME} is read in secrets only; write the value itself"),
        var text when ConfigText.IndexOfControl(text) >= 0 => ConfigValue.Wrong("holds a line break or a control character; remove it"),
        var text => ConfigValue.Of(text),
    };

    private static ConfigValue Integer(ConfigScalar scalar)
    {
        var text = scalar.Text;
        if (!scalar.IsPlain)
        {
            return ConfigValue.Wrong("expected a whole number, found text in quotes; remove the quotes");
        }

        var digits = text.AsSpan(text.StartsWith('-') ? 1 : 0);
        if (digits.Length == 0 || digits.IndexOfAnyExceptInRange('0', '9') >= 0 || (digits.Length > 1 && digits[0] == '0'))
        {
            return ConfigValue.Wrong("expected a whole number in plain decimal digits, such as 8192");
        }

        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? ConfigValue.Of(value)
            : ConfigValue.Wrong(string.Create(CultureInfo.InvariantCulture, $"too large a number; the largest is {int.MaxValue}"));
    }

    private static ConfigValue Number(ConfigScalar scalar)
    {
        const string Expected = "expected a number in plain decimal digits, such as 0.5";
        var text = scalar.Text;
        var digits = text.AsSpan(text.StartsWith('-') ? 1 : 0);
        var point = digits.IndexOf('.');
        var whole = point < 0 ? digits : digits[..point];
        var isNumber = scalar.IsPlain && IsDigits(whole) && (whole.Length == 1 || whole[0] != '0') && (point < 0 || IsDigits(digits[(point + 1)..]));
        return isNumber ? ConfigValue.Of(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture))
            : ConfigValue.Wrong(scalar.IsPlain ? Expected : Expected + "; remove the quotes");
    }

    private static bool IsDigits(ReadOnlySpan<char> text) => text.Length > 0 && text.IndexOfAnyExceptInRange('0', '9') < 0;

    /// <summary>What a decimal number looks like: nine digits before the point are more than any price, six behind it are a millionth of a unit.</summary>
    private const string DecimalInWords = "a number of at most 9 digits and, behind a point, at most 6 more, such as 0.15";

    private static ConfigValue Amount(ConfigScalar scalar)
    {
        var parts = scalar.Text.Split('.');
        return scalar.IsPlain && parts.Length <= 2 && IsDigits(parts[0], 9) && IsDigits(parts[^1], parts.Length == 2 ? 6 : 9)
            ? ConfigValue.Of(decimal.Parse(scalar.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture))
            : ConfigValue.Wrong($"expected {DecimalInWords}");

        static bool IsDigits(string text, int most) => text.Length > 0 && text.Length <= most && text.All(char.IsAsciiDigit);
    }

    private static ConfigValue Boolean(ConfigScalar scalar) => scalar switch
    {
        { IsPlain: true, Text: "true" } => ConfigValue.Of(true),
        { IsPlain: true, Text: "false" } => ConfigValue.Of(false),
        _ when scalar.Text.ToUpperInvariant() is "YES" or "ON" or "Y" or "TRUE" or "1" => ConfigValue.Wrong("expected true or false; write `true`, in small letters and without quotes"),
        _ when scalar.Text.ToUpperInvariant() is "NO" or "OFF" or "N" or "FALSE" or "0" => ConfigValue.Wrong("expected true or false; write `false`, in small letters and without quotes"),
        _ => ConfigValue.Wrong("expected true or false"),
    };

    private static ConfigValue Time(ConfigScalar scalar)
    {
        if (Duration.TryParse(scalar.Text, out var value))
        {
            return ConfigValue.Of(value);
        }

        return ConfigValue.Wrong(scalar.Text.All(char.IsAsciiDigit)
            ? "a duration needs a unit, such as 10s; the units are ms, s, m, h and d"
            : "expected a duration: one whole number and its unit, such as 500ms, 10s, 2m, 1h or 30d");
    }

    private static ConfigValue Memory(ConfigScalar scalar) => ByteSize.TryParse(scalar.Text, out var value)
        ? ConfigValue.Of(value)
        : ConfigValue.Wrong(scalar.Text.Length > 0 && scalar.Text.All(char.IsAsciiDigit)
            ? "an amount of memory needs a unit, such as 12GiB; the units are B, kB, MB, GB, TB, KiB, MiB, GiB and TiB"
            : $"expected {ByteSize.InWords}");

    private static ConfigValue Moment(ConfigScalar scalar) => Configuration.Moment.TryParse(scalar.Text, out var value)
        ? ConfigValue.Of(value)
        : ConfigValue.Wrong($"expected {Configuration.Moment.InWords}");

    private static ConfigValue Word(Type type, ConfigScalar scalar)
    {
        var words = ConfigWords.Of(type);
        return words.TryGetValue(scalar.Text, out var value)
            ? ConfigValue.Of(value)
            : ConfigValue.Wrong($"expected {OneOf(type)}{ConfigText.DidYouMean(scalar.Text, [.. words.Keys])}");
    }

    /// <summary><c>one of `a`, `b`</c>.</summary>
    public static string OneOf(Type type) => "one of " + string.Join(", ", ConfigWords.Of(type).Keys.Select(ConfigText.Quote));
}
