using System.Collections.Frozen;
using Gateway.Llama.Grammars.Automata;

namespace Gateway.Llama.Grammars.Patterns;

/// <summary>
/// The values of "format" for strings. Where a format is wider than what its readers take (leap seconds, years before 1, quoted mailboxes),
/// only what all of them take is made.
/// </summary>
internal static class StringFormats
{
    private const string Year = "(?:[1-9]\\d{3}|0[1-9]\\d\\d|00[1-9]\\d|000[1-9])";

    // 29 February: years that 4 divides but not 100, and those that 400 divides.
    private const string LeapYear = "(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)";

    private const string Date =
        $"(?:{Year}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))|{LeapYear}-02-29)";

    // No leap seconds; offsets as far as places on earth have them.
    private const string Time = "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,7})?(?:Z|[+-](?:0\\d|1[0-3]):[0-5]\\d|[+-]14:00)";

    private const string Count = "(?:0|[1-9]\\d{0,3})";
    private const string Seconds = $"{Count}S";
    private const string Minutes = $"{Count}M(?:{Seconds})?";
    private const string DurationTime = $"T(?:{Count}H(?:{Minutes})?|{Minutes}|{Seconds})";
    private const string Days = $"{Count}D";
    private const string Months = $"{Count}M(?:{Days})?";
    private const string Duration = $"P(?:(?:{Count}Y(?:{Months})?|{Months}|{Days})(?:{DurationTime})?|{DurationTime}|{Count}W)";

    // Shorter than the 63 letters of a label and the 253 of a name that are allowed, so that no count of both is needed.
    private const string Label = "[a-zA-Z0-9]{1,20}(?:-[a-zA-Z0-9]{1,20}){0,2}";
    private const string LastLabel = "[a-zA-Z][a-zA-Z0-9]{1,20}";
    private const string Host = $"(?:{Label}\\.){{0,3}}{LastLabel}";
    private const string Mailbox = "[a-zA-Z0-9_+-]{1,20}(?:\\.[a-zA-Z0-9_+-]{1,20}){0,2}";

    private const string Octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    private const string Address4 = $"{Octet}(?:\\.{Octet}){{3}}";
    private const string Group = "[0-9a-fA-F]{1,4}";
    private const string LastGroups = $"(?:{Group}:{Group}|{Address4})";

    // RFC 3986, IPv6address.
    private const string Address6 =
        $"(?:(?:{Group}:){{6}}{LastGroups}|::(?:{Group}:){{5}}{LastGroups}|(?:{Group})?::(?:{Group}:){{4}}{LastGroups}"
        + $"|(?:(?:{Group}:){{0,1}}{Group})?::(?:{Group}:){{3}}{LastGroups}|(?:(?:{Group}:){{0,2}}{Group})?::(?:{Group}:){{2}}{LastGroups}"
        + $"|(?:(?:{Group}:){{0,3}}{Group})?::{Group}:{LastGroups}|(?:(?:{Group}:){{0,4}}{Group})?::{LastGroups}"
        + $"|(?:(?:{Group}:){{0,5}}{Group})?::{Group}|(?:(?:{Group}:){{0,6}}{Group})?::)";

    private const string Hex = "[0-9a-fA-F]";
    private const string PathCharacter = "(?:[a-zA-Z0-9._~!$&'()*+,;=:@-]|%[0-9a-fA-F]{2})";

    private static readonly FrozenDictionary<string, Lazy<Dfa>> Formats = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["date"] = Date,
        ["time"] = Time,
        ["date-time"] = $"{Date}T{Time}",
        ["duration"] = Duration,
        ["hostname"] = Host,
        ["email"] = $"{Mailbox}@(?:{Label}\\.){{1,2}}{LastLabel}",
        ["ipv4"] = Address4,
        ["ipv6"] = Address6,
        ["uuid"] = $"{Hex}{{8}}-{Hex}{{4}}-{Hex}{{4}}-{Hex}{{4}}-{Hex}{{12}}",
        ["uri"] = $"https?:\\/\\/{Host}(?:\\/{PathCharacter}*)*(?:\\?(?:{PathCharacter}|[\\/?])*)?(?:#(?:{PathCharacter}|[\\/?])*)?",
    }.ToFrozenDictionary(format => format.Key, format => new Lazy<Dfa>(() => Dfa.From(PatternParser.Parse(format.Value))), StringComparer.Ordinal);

    public static string Names { get; } = string.Join(", ", Formats.Keys.Order(StringComparer.Ordinal));

    /// <summary>The texts of a format; null for one that is not known.</summary>
    public static Dfa? Find(string format) => Formats.TryGetValue(format, out var found) ? found.Value : null;
}
